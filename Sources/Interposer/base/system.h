// System calls without libc's wrappers, which may be interposed (by us or by others) and write errno.
// Results are the kernel's: negative errno on failure.
#ifndef DIOAUDIT_SYSTEM_H
#define DIOAUDIT_SYSTEM_H

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "architecture.h"
#include "ledger_abi.h"

#define SYSTEM_PICK(n, a, b, c, d, e, f, g, ...) architecture_call(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define SYSTEM(...) SYSTEM_PICK(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

// Whether memory is mapped and readable. rt_sigprocmask copies its new mask in before it checks `how`. So with an invalid
// `how` it only tests the address: EFAULT or EINVAL.
static inline int system_can_read(uintptr_t address) {
    return SYSTEM(SYS_rt_sigprocmask, -1, address & -(uintptr_t)8, 0, 8) == -EINVAL;
}

// Blocks all signals of the calling thread. `before`, unless null, is its signal mask until then. False if a filter (seccomp(2))
// refuses it.
static inline int system_block_signals(uint64_t *before) {
    uint64_t all = ~UINT64_C(0);
    return SYSTEM(SYS_rt_sigprocmask, SIG_SETMASK, &all, before, sizeof(all)) == 0;
}

// getrusage(2). TRAP: a filter may refuse it, or make it succeed without an answer: then what was asked is unknown, not zero, and this
// is false. Fixtures: refuses-questions.c, refuses-identity.c
static inline int system_usage(int who, struct rusage *usage) {
    *usage = (struct rusage){.ru_minflt = -1};
    return SYSTEM(SYS_getrusage, who, usage) == 0 && usage->ru_minflt >= 0;
}

// Copies at most DIOAUDIT_NAME bytes of the calling thread's name. False if a filter refuses to tell it, or does as if it had: then
// the name is empty.
static inline int system_thread_name(char *name) {
    name[0] = 0;
    name[DIOAUDIT_NAME - 1] = 1;
    int told = SYSTEM(SYS_prctl, PR_GET_NAME, name) == 0 && name[DIOAUDIT_NAME - 1] == 0;
    if (!told) name[0] = 0;
    name[DIOAUDIT_NAME - 1] = 0;
    return told;
}

// Like add (architecture.h), for a cell that several threads add to.
static inline void add_shared(uint64_t *cell, uint64_t amount) {
    __atomic_fetch_add(cell, amount, __ATOMIC_RELAXED);
}

#endif
