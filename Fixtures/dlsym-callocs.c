// Link: -ldl
// Intent: wraps calloc itself and asks dlsym for the next one, which may call calloc again: nothing loops or is lost. But
// whether a calloc of the program's own does that, or has a pool, its file does not say.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: brings its own calloc, whose calls bypass the interposer
// Warmup: transfers 1
// Steady: transfers 9
// Teardown: nothing
#include "direct.h"
#include <dlfcn.h>

static void *(*next_calloc)(size_t, size_t);

void *calloc(size_t count, size_t size) {
    if (!next_calloc) next_calloc = (void *(*)(size_t, size_t))dlsym(RTLD_NEXT, "calloc");
    return next_calloc(count, size);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    free(keep(calloc(2, 8)));
    dlsym(RTLD_DEFAULT, "no_such_symbol");
    dlerror();
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    close(fd);
}
