// Link: -ldl
// Intent: asks libc's own handle for dlsym, and that for malloc and free, and calls both at each transfer: nothing is left that glibc's
// books could show. Not observed, and so no pass.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: looked up dlsym in a library by dlsym
// Steady: transfers 9
#include "direct.h"
#include <dlfcn.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    void *library = dlopen("libc.so.6", RTLD_NOW);
    require(library != NULL, "libc");
    void *(*find)(void *, const char *) = (void *(*)(void *, const char *))dlsym(library, "dlsym");
    require(find != NULL, "dlsym");
    void *(*allocate)(size_t) = (void *(*)(size_t))find(library, "malloc");
    void (*release)(void *) = (void (*)(void *))find(library, "free");
    release(keep(allocate(8)));
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 10; i++) {
        write_block(fd, i);
        release(keep(allocate(8)));
    }
    close(fd);
}
