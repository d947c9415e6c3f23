// Intent: calls libc's malloc by its internal name at each transfer: not observed, and so no pass.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: uses __libc_malloc, which bypasses the interposer
// Reason: gained 320 bytes in the steady phase
// Steady: transfers 9
#include "direct.h"

extern void *__libc_malloc(size_t);

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    keep(__libc_malloc(8));  // the heap's first block
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 10; i++) {
        write_block(fd, i);
        keep(__libc_malloc(8));
    }
    close(fd);
}
