// Link: -ldl
// Intent: a library with a libc of its own (dlmopen) allocates at each transfer: not observed, and so no pass.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: called dlmopen 1 time for a namespace of its own
// Steady: transfers 9
#include "direct.h"
#include <dlfcn.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char path[4096];
    strcpy(path, arguments[0]);
    strcpy(strrchr(path, '/'), "/libframe-small");
    void *library = dlmopen(LM_ID_NEWLM, path, RTLD_NOW);
    require(library != NULL, path);
    void (*allocate)(void) = (void (*)(void))dlsym(library, "allocate");
    allocate();
    require(allocate != NULL, "allocate");
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 10; i++) {
        write_block(fd, i);
        allocate();
    }
    close(fd);
}
