// Intent: gives up MCL_FUTURE by the instruction itself before its steady phase, and locks by libc again in it: the later call stands
// for no earlier one.
// Exit: 2
// Verdict: inconclusive
// Reason: the kernel saw 1 mlockall system call of locks-again
// Warmup: transfers 1
// Steady: transfers 19, mlockall 1
#include "direct.h"
#include <sys/syscall.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    lock_memory();
    int fd = open_direct(arguments[1]);
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_mlockall), "D"(MCL_CURRENT) : "rcx", "r11", "memory");
    require(result == 0, "mlockall by the instruction");
    write_blocks(fd, 10);
    lock_memory();
    write_blocks(fd, 10);
    close(fd);
}
