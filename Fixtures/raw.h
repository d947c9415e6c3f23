// System calls by the instruction itself, which no function of libc and no interposer sees.
#ifndef RAW_H
#define RAW_H

#include <sys/syscall.h>

#include "direct.h"

static inline long raw(long number, long a, long b, long c, long d) {
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = 0;
    register long r9 __asm__("r9") = 0;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

static inline void write_unseen(int fd, long count) {
    for (long i = 0; i < count; i++)
        require(raw(SYS_pwrite64, fd, (long)block, BLOCK, i * BLOCK) == BLOCK, "pwrite64");
}

#endif
