// Intent: a mapping between the first transfer and the second, none of which the interposer sees, is in the steady phase: the
// kernel shows where the first one ended.
// Options: --allow heap,pageFaultMinor,pageFaultMajor
// Needs: root
// Exit: 1
// Verdict: fail
// Reason: in the steady phase: 1 mmap system call
// Kernel: pwrite64 10
// Warmup: transfers 1/4096
// Steady: transfers 9/36864, syscallMmap 1/8192
// Violation: syscallMmap 1/8192
#include "direct.h"
#include "raw.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    for (long i = 0; i < 10; i++) {
        require(raw(SYS_pwrite64, fd, (long)block, BLOCK, i * BLOCK) == BLOCK, "pwrite64");
        if (i == 0) require(mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED, "mmap");
    }
    close(fd);
}
