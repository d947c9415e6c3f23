// Intent: a mapping by the instruction itself in the steady phase, and in the warm-up and the teardown one that libc refuses by
// itself, so that the kernel does not see it. That is no call, and stands for none.
// Options: --warmup-ios 2 --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 2
// Steady: transfers 9, syscallMmap 1/4096
// Teardown: nothing
// Violation: syscallMmap 1/4096
#include "direct.h"
#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>

static void be_refused(void) {
    require(mmap(NULL, BLOCK, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 1) == MAP_FAILED && errno == EINVAL, "mmap is refused");
    require(sbrk(INTPTR_MIN) == (void *)-1 && errno == ENOMEM, "sbrk is refused");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_block(fd, 0);
    be_refused();
    write_blocks(fd, 10);
    long page;
    register long flags __asm__("r10") = MAP_PRIVATE | MAP_ANONYMOUS, none __asm__("r8") = -1, start __asm__("r9") = 0;
    __asm__ volatile("syscall"
                     : "=a"(page)
                     : "a"(SYS_mmap), "D"(0), "S"(BLOCK), "d"(PROT_READ), "r"(flags), "r"(none), "r"(start)
                     : "rcx", "r11", "memory");
    require(page > 0, "mmap");
    close(fd);
    be_refused();
}
