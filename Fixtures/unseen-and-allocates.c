// Intent: transfers by the instruction alone, which the interposer does not see, so that the phases are the kernel's. It
// allocates once among the transfers: how many of its calls are steady is not known, and that is no pass.
// Options: --allow brk,syscallBrk,faults
// Needs: root
// Exit: 2
// Verdict: inconclusive
// Reason: so that 4 mallocs may be of the steady phase or not
// Kernel: pwrite64 500
// Warmup: transfers 1
// Steady: transfers 499
#include "raw.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    keep(malloc(10));
    int fd = open_direct(arguments[1]);
    keep(malloc(20));
    write_unseen(fd, 250);
    keep(malloc(40));
    write_unseen(fd, 250);
    close(fd);
    keep(malloc(30));
}
