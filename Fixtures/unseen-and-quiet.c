// Intent: transfers by the instruction alone, which the interposer does not see, so that the phases are the kernel's. It
// allocates before and after the transfers, as the times of its calls show.
// Options: --allow brk,syscallBrk,faults
// Needs: root
// Exit: 0
// Verdict: pass
// Kernel: pwrite64 500
// Warmup: transfers 1
// Steady: transfers 499, malloc 0
#include "raw.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    keep(malloc(10));
    int fd = open_direct(arguments[1]);
    keep(malloc(20));
    write_unseen(fd, 500);
    close(fd);
    keep(malloc(30));
}
