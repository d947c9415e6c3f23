// Intent: what happens in a region that the program declares as allowed is no violation, neither its heap calls, nor what
// libc maps in them, nor the pages that they touch; the report lists it with the reason. Entered 1000 times, in and out of
// the steady phase.
// Exit: 0
// Verdict: pass
// Setup: malloc 1/10, free 1
// Steady: transfers 1000, malloc 999/99900000, free 999
// Region: allowed 'log rotation' entered 1001 malloc 1000/99900010, free 1000
#include "direct.h"
#include <dioaudit.h>

static void rotate_log(size_t size) {
    dioaudit_allow_begin("log rotation");
    char *memory = keep(malloc(size));
    for (size_t page = 0; page < size; page += BLOCK) memory[page] = 1;
    free(memory);
    dioaudit_allow_end("log rotation");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    rotate_log(10);
    int fd = open_direct(arguments[1]);
    write_block(fd, 0);
    for (int i = 0; i < 1000; i++) {
        write_block(fd, i);
        if (i < 999) rotate_log(100000);
    }
    dioaudit_allow_begin("log rotation");
    dioaudit_allow_end("log rotation");
    close(fd);
}
