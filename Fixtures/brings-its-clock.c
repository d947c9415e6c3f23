// Intent: the program has a clock_gettime of its own, a day ahead, which the interposer's times are then: what the kernel saw could
// not be given its phase.
// Exit: 2
// Verdict: inconclusive
// Reason: has another clock than dioaudit
// Steady: transfers 9
#include "direct.h"
#include <sys/syscall.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
    register long result __asm__("rax") = SYS_clock_gettime;
    __asm__ volatile("syscall" : "+r"(result) : "D"((long)clock), "S"(time) : "rcx", "r11", "memory");
    time->tv_sec += 86400;
    return (int)result;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    close(fd);
}
