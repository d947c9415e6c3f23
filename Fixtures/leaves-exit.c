// Intent: an atexit handler jumps back into main, and the program continues: its teardown was none.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: left exit by longjmp
// Steady: transfers 99
// Teardown: transfers 100, malloc 100/3200
#include "direct.h"
#include <setjmp.h>

static jmp_buf back;

static void leave(void) {
    longjmp(back, 1);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    require(atexit(leave) == 0, "atexit");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 100);
    if (setjmp(back) == 0) exit(0);
    for (int i = 0; i < 100; i++) {
        keep(malloc(32));
        write_block(fd, i);
    }
    close(fd);
    _exit(0);
}
