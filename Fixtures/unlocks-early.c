// Intent: releases its memory lock by a call that bypasses libc before its steady phase: the lock that was seen taken does not hold.
// Exit: 2
// Verdict: inconclusive
// Reason: nothing was locked when its steady phase began (VmLck)
// Steady: transfers 4
#include "direct.h"
#include <sys/syscall.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    lock_memory();
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_munlockall) : "rcx", "r11", "memory");
    require(result == 0, "munlockall");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 5);
    close(fd);
}
