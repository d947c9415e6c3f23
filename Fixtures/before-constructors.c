// Intent: runs before any library's constructor, the interposer's and libc's too, and allocates and locks there: setup.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Setup: malloc 2/62, calloc 1/70, free 3, mlock 1/4096
// Warmup: transfers 1
// Steady: transfers 9
// Teardown: nothing
#include "direct.h"

static void first_of_all(void) {
    for (int i = 0; i < 2; i++) free(keep(malloc(31)));
    free(keep(calloc(7, 10)));
    require(mlock(block, BLOCK) == 0, "mlock");
}
__attribute__((section(".preinit_array"), used)) static void (*const entry)(void) = first_of_all;

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    close(fd);
}
