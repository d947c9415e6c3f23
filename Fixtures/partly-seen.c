// Intent: the interposer sees two transfers of three, and the kernel all. The phases are the kernel's; the interposer's steady phase
// lies within that one, so that what it counted there is steady. Its setup ended later than the kernel's: of two mallocs there it is
// not known which was made in the steady phase.
// Options: --allow brk,syscallBrk,pageFaultMinor,pageFaultMajor
// Needs: root
// Exit: 1
// Verdict: fail
// Reason: in the steady phase: 3 mallocs, 1 mmap system call
// Reason: so that 2 mallocs may be of the steady phase or not
// Kernel: pwrite64 30
// Warmup: transfers 1/4096
// Steady: transfers 29/118784, malloc 3/300, free 3, syscallMmap 1/8192
// Violation: malloc 3/300 first 10 thread partly-seen in main
// Violation: syscallMmap 1/8192
#include "raw.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    free(keep(malloc(100)));
    write_unseen(fd, 1);
    free(keep(malloc(100)));
    write_blocks(fd, 10);
    for (int i = 0; i < 3; i++) free(keep(malloc(100)));
    write_unseen(fd, 9);
    require(mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED, "mmap");
    write_blocks(fd, 10);
    close(fd);
}
