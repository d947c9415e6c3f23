// Intent: the program has a clock_gettime of its own, a fifth of a second ahead. The interposer reads the kernel's clock, so what the
// kernel saw is given its phase.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 9, syscallMmap 5/20480
// Violation: syscallMmap 5/20480
#include "direct.h"
#include <sys/syscall.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
    register long result __asm__("rax") = SYS_clock_gettime;
    __asm__ volatile("syscall" : "+r"(result) : "D"((long)clock), "S"(time) : "rcx", "r11", "memory");
    time->tv_nsec += 200000000;
    if (time->tv_nsec >= 1000000000) {
        time->tv_nsec -= 1000000000;
        time->tv_sec++;
    }
    return (int)result;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    for (int i = 0; i < 5; i++)
        require(syscall(SYS_mmap, 0, BLOCK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) > 0, "mmap");
    close(fd);
}
