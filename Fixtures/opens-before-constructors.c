// Intent: opens its file before any library's constructor, the interposer's too: its transfers are seen all the same.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 9, malloc 1/33, free 1
// Teardown: malloc 1/34, free 1
// Violation: malloc 1/33 first 10 in main
// Also: syscallBrk
#include "direct.h"

static int fd;

static void first_of_all(int count, char **arguments) {
    require(count > 1, "which file?");
    fd = open_direct(arguments[1]);
}
__attribute__((section(".preinit_array"), used)) static void (*const entry)(int, char **) = first_of_all;

int main(void) {
    write_blocks(fd, 10);
    free(keep(malloc(33)));
    close(fd);
    free(keep(malloc(34)));
}
