// Intent: the child transfers and allocates on its own: one ledger each, and its warm-up is its own.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: malloc 1/11, free 2
// Warmup: transfers 2
// Steady: transfers 27, malloc 20/120, free 20
// Teardown: nothing
// Violation: malloc 20/120 in transfer_and_allocate < main
#include "direct.h"
#include <sys/wait.h>

__attribute__((noinline)) static void transfer_and_allocate(int fd) {
    for (int i = 0; i < 20; i++) {
        write_block(fd, i);
        free(keep(malloc(6)));
    }
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    void *memory = keep(malloc(11));
    pid_t child = fork();
    free(memory);
    if (child == 0) {
        transfer_and_allocate(fd);
        _exit(0);
    }
    write_blocks(fd, 9);
    int status;
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
}
