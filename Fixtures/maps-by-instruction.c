// Intent: a mapping by the instruction itself, past every library: only the syscalls witness sees it.
// Exit: 1
// Verdict: fail
// Steady: transfers 9, syscallMmap 1/4096, syscallMunmap 1/4096
// Violation: syscallMmap 1/4096
#include "direct.h"
#include <sys/syscall.h>

static long call(long number, long a, long b, long c, long d, long e, long f) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    long page = call(SYS_mmap, 0, BLOCK, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(page > 0, "mmap");
    require(call(SYS_munmap, page, BLOCK, 0, 0, 0, 0) == 0, "munmap");
    close(fd);
}
