// Link: -L.build/fixtures -l:libwraps-malloc '-Wl,-rpath,$ORIGIN'
// Intent: a library that wraps malloc also allocates for itself by the malloc behind its own, and frees it: not observed, and so no pass.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: looked up malloc in a library by dlsym
// Setup: malloc 1/1, free 1
// Steady: transfers 9, free 10
#include "direct.h"

void *allocate(size_t size), *allocate_as_all(size_t size);

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    free(keep(allocate_as_all(1)));  // that is counted
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 10; i++) {
        write_block(fd, i);
        free(keep(allocate(8)));
    }
    close(fd);
}
