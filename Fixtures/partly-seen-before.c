// Intent: the interposer sees none of the transfers before the one that it takes for the first. What it counted until then may have
// been before the kernel's steady phase, or in it as it was here: no pass, and what is known is judged.
// Options: --allow brk,syscallBrk,pageFaultMinor,pageFaultMajor
// Needs: root
// Exit: 2
// Verdict: inconclusive
// Reason: the interposer saw 10 of the 20 transfers
// Kernel: pwrite64 20
// Warmup: transfers 1/4096
// Steady: transfers 19/77824
#include "direct.h"
#include "raw.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_unseen(fd, 10);
    free(keep(malloc(100)));
    write_blocks(fd, 10);
    close(fd);
}
