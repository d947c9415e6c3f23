// Intent: the perfect citizen: allocates in setup, locks its memory, and only transfers after that. A pass.
// Exit: 0
// Verdict: pass
// Setup: transfers 0, malloc 1/100, mlockall 1
// Warmup: transfers 1/4096
// Steady: transfers 99/405504
// Teardown: transfers 0, free 1
// Settled: 1
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char *memory = keep(malloc(100));
    int fd = open_direct(arguments[1]);
    lock_memory();
    write_blocks(fd, 100);
    close(fd);
    free(memory);
}
