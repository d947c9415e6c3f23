// Intent: a program that names its phases itself may come back to one, and what it does there is added up.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: transfers 2, malloc 2/4, free 2
// Warmup: transfers 0
// Steady: transfers 4, malloc 2/4, free 2
// Teardown: nothing
// Violation: malloc 2/4 first 1 in work < main
#include "direct.h"
#include "dioaudit.h"

__attribute__((noinline)) static void work(int fd) {
    free(keep(malloc(2)));
    write_block(fd, 0);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 2; i++) {
        dioaudit_phase("setup");
        work(fd);
        dioaudit_phase("steady");
        work(fd);
        write_block(fd, 1);
    }
}
