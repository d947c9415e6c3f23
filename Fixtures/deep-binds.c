// Link: -ldl
// Intent: a library that is loaded so that it prefers libc's own malloc allocates at each transfer: not observed, and so no pass.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: called dlopen with RTLD_DEEPBIND 1 time
// Reason: glibc's own books of
// Steady: transfers 9
#include "direct.h"
#include <dlfcn.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char path[4096];
    strcpy(path, arguments[0]);
    strcpy(strrchr(path, '/'), "/libframe-small");
    void *library = dlopen(path, RTLD_NOW | RTLD_DEEPBIND);
    require(library != NULL, path);
    void (*allocate)(void) = (void (*)(void))dlsym(library, "allocate");
    require(allocate != NULL, "allocate");
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 10; i++) {
        write_block(fd, i);
        allocate();
    }
    close(fd);
}
