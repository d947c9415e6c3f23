// Intent: the interposer sees two transfers of three, and the kernel all. The phases are the kernel's. What the interposer counted
// of the heap was before its warm-up, which began in the kernel's: a pass.
// Options: --allow pageFaultMinor,pageFaultMajor
// Needs: root
// Exit: 0
// Verdict: pass
// Kernel: pwrite64 30
// Warmup: transfers 1/4096
// Steady: transfers 29/118784
#include "direct.h"
#include "raw.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    free(keep(malloc(100)));
    write_blocks(fd, 10);
    write_unseen(fd, 10);
    write_blocks(fd, 10);
    close(fd);
}
