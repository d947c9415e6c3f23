// The kernel, without libc's wrappers: those may be interposed (by us or by others) and write errno.
// Results are the kernel's own: negative errno on failure.
#ifndef DIOAUDIT_SYSTEM_H
#define DIOAUDIT_SYSTEM_H

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>

#if !defined(__x86_64__)
#error "the interposer knows x86-64: port core/system.h and the unwinder in core/stack.c together"
#endif

static inline long system_call(long number, long a, long b, long c, long d, long e, long f) {
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

#define SYSTEM_PICK(n, a, b, c, d, e, f, g, ...) system_call(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define SYSTEM(...) SYSTEM_PICK(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

// Whether memory is there. rt_sigprocmask copies its new mask in before it looks at `how`, so that with a `how` that does not
// exist it only tests the address: EFAULT or EINVAL.
static inline int system_can_read(uintptr_t address) {
    return SYSTEM(SYS_rt_sigprocmask, -1, address & -(uintptr_t)8, 0, 8) == -EINVAL;
}

// One instruction, so that a signal handler's own addition to the same cell cannot be lost between load and store.
static inline void add(uint64_t *cell, uint64_t amount) {
    __asm__ volatile("addq %1, %0" : "+m"(*cell) : "er"(amount) : "cc");
}

// The same where several threads add to one cell.
static inline void add_shared(uint64_t *cell, uint64_t amount) {
    __atomic_fetch_add(cell, amount, __ATOMIC_RELAXED);
}

#endif
