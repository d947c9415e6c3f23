// Link: -ldl
// Intent: libc's allocator has another name, which the program looks up everywhere: what it calls so is not counted.
// Exit: 2
// Verdict: inconclusive
// Reason: looked up __libc_malloc
// Steady: transfers 9
#include "direct.h"
#include <dlfcn.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    void *(*allocate)(size_t) = (void *(*)(size_t))dlsym(RTLD_DEFAULT, "__libc_malloc");
    require(allocate != NULL, "dlsym");
    for (int i = 0; i < 200; i++) keep(allocate(32));
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    close(fd);
}
