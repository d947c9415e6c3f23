// Link: -ldl
// Intent: asks libc's own handle for malloc, and allocates by it at each transfer: not observed, and so no pass.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: looked up malloc in a library by dlsym
// Reason: glibc's own books of
// Steady: transfers 9
#include "direct.h"
#include <dlfcn.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    void *library = dlopen("libc.so.6", RTLD_NOW);
    require(library != NULL, "libc");
    void *(*allocate)(size_t) = (void *(*)(size_t))dlsym(library, "malloc");
    require(allocate != NULL, "allocate");
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 10; i++) {
        write_block(fd, i);
        keep(allocate(8));
    }
    close(fd);
}
