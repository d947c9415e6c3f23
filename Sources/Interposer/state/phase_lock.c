#include "phase_lock.h"

#include <limits.h>
#include <linux/futex.h>

#include "../base/system.h"
#include "context.h"
#include "../rules.h"

// The word holds the tid of the thread that holds the lock, and FUTEX_WAITERS if others sleep.

void phase_lock_take(struct phase_lock *lock) {
    lock->is_blocking = system_block_signals(&lock->signals);
    uint32_t self = (uint32_t)SYSTEM(SYS_gettid), word = 0;
    lock->is_inner = false;
    while (!__atomic_compare_exchange_n(&process.phase_lock, &word, self, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
        lock->is_inner = (word & ~FUTEX_WAITERS) == self;
        if (lock->is_inner) return;
        uint32_t sleeping = word | FUTEX_WAITERS;
        if (word == sleeping || __atomic_compare_exchange_n(&process.phase_lock, &word, sleeping, false, __ATOMIC_RELAXED,
                                                            __ATOMIC_RELAXED))
            SYSTEM(SYS_futex, &process.phase_lock, FUTEX_WAIT_PRIVATE, sleeping, NULL);
        word = 0;
    }
}

void phase_lock_release(const struct phase_lock *lock) {
    if (!lock->is_inner && (__atomic_exchange_n(&process.phase_lock, 0, __ATOMIC_RELEASE) & FUTEX_WAITERS))
        SYSTEM(SYS_futex, &process.phase_lock, FUTEX_WAKE_PRIVATE, INT_MAX);
    if (lock->is_blocking) SYSTEM(SYS_rt_sigprocmask, SIG_SETMASK, &lock->signals, NULL, sizeof(lock->signals));
}
