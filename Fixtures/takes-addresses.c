// Flags: -fno-pie -fno-PIC
// Link: -no-pie
// Intent: a program that is not position-independent takes the addresses of malloc and free: its own entries for them lead to
// the interposer. (Debian's python3 is one.)
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Setup: malloc 1/100, free 1
// Steady: transfers 9
#include "direct.h"

static void *(*volatile take)(size_t);
static void (*volatile give)(void *);

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    take = malloc;
    give = free;
    give(take(100));
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    close(fd);
}
