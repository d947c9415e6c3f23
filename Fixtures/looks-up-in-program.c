// Link: -ldl
// Intent: asks the program's handle, and whatever comes next after itself, for malloc: that is the interposer's, and counted.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: transfers 9, malloc 20/240
// Teardown: nothing
// Also: syscallBrk
#include "direct.h"
#include <dlfcn.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    void *program = dlopen(NULL, RTLD_NOW);
    void *(*allocate)(size_t) = (void *(*)(size_t))dlsym(program, "malloc");
    void *(*again)(size_t) = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
    require(again != NULL, "RTLD_NEXT");
    require(allocate != NULL, "allocate");
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 10; i++) {
        write_block(fd, i);
        keep(allocate(8));
        keep(again(16));
    }
    close(fd);
}
