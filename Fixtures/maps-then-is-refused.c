// Intent: a mapping by the instruction itself in the steady phase, and one in the teardown that libc refuses, so that the kernel
// does not see it: the one does not stand for the other.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 9, syscallMmap 1/4096
// Teardown: mmap 1/4096
// Violation: syscallMmap 1/4096
#include "direct.h"
#include <errno.h>
#include <sys/syscall.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    long page;
    register long flags __asm__("r10") = MAP_PRIVATE | MAP_ANONYMOUS, none __asm__("r8") = -1, start __asm__("r9") = 0;
    __asm__ volatile("syscall"
                     : "=a"(page)
                     : "a"(SYS_mmap), "D"(0), "S"(BLOCK), "d"(PROT_READ), "r"(flags), "r"(none), "r"(start)
                     : "rcx", "r11", "memory");
    require(page > 0, "mmap");
    close(fd);
    require(mmap(NULL, BLOCK, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 1) == MAP_FAILED && errno == EINVAL, "it is refused");
}
