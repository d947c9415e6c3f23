// Intent: one character of a thread's name is two bytes, and `?` stands for it.
// Options: --scope thread:w?rker --allow pageFaultMinor,pageFaultMajor,brk
// Exit: 1
// Verdict: fail
// Steady: transfers 9, malloc 9/63, free 9
// Violation: malloc 9/63 in main
#include "direct.h"
#include <sys/prctl.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    require(prctl(PR_SET_NAME, "w\xc3\xb6rker") == 0, "prctl");
    free(keep(malloc(1)));
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 10; i++) {
        write_block(fd, i);
        if (i > 0) free(keep(malloc(7)));
    }
    close(fd);
}
