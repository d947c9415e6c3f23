// What interpose/locking.c says of the memory lock, for assertions. munlock of a part is counted as an event.
#include "lock.h"

#include <errno.h>
#include <sys/mman.h>

#include "../phases/phases.h"
#include "../rules.h"

static uint32_t state = LOCK_NONE, flags;

enum lock_state lock_state(void) {
    return (enum lock_state)__atomic_load_n(&state, __ATOMIC_RELAXED);
}

uint32_t lock_flags(void) {
    return __atomic_load_n(&flags, __ATOMIC_RELAXED);
}

static void set(enum lock_state to, int in_effect) {
    __atomic_store_n(&flags, (uint32_t)in_effect, __ATOMIC_RELAXED);
    __atomic_store_n(&state, (uint32_t)to, __ATOMIC_RELAXED);
}

// A call that fails changes nothing.
void phases_locked(int asked, int error) {
    if (!error) set(asked & MCL_FUTURE ? LOCK_FUTURE : LOCK_CURRENT, asked);
    else if (lock_state() != LOCK_FUTURE) set(error == EINVAL ? LOCK_REFUSED_FLAGS : LOCK_FAILED, (int)lock_flags());
}

void phases_unlocked(void) {
    set(LOCK_NONE, 0);
}
