// Link: -ldl
// Intent: asks everywhere for a malloc of libc's version, which no function of the interposer has: not observed, and so no pass.
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
    void *(*allocate)(size_t) = (void *(*)(size_t))dlvsym(RTLD_DEFAULT, "malloc", "GLIBC_2.2.5");
    require(allocate != NULL, "dlvsym");
    require(dlvsym(RTLD_DEFAULT, "malloc", "GLIBC_0") == NULL, "dlvsym finds what is not there");
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 10; i++) {
        write_block(fd, i);
        keep(allocate(8));
    }
    close(fd);
}
