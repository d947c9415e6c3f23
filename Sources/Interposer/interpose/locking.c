// The memory lock: whether MCL_FUTURE is in effect, and whether it was given up in the steady phase.
#include <errno.h>
#include <sys/mman.h>

#include "../events/counting.h"
#include "../phases/phases.h"
#include "../tables/next.h"
#include "../rules.h"

INTERPOSED int mlock(const void *at, size_t length) {
    count(DIOAUDIT_EVENT_MLOCK, length);
    return next.mlock(at, length);
}

INTERPOSED int mlock2(const void *at, size_t length, unsigned flags) {
    count(DIOAUDIT_EVENT_MLOCK, length);
    return next.mlock2(at, length, flags);
}

static void note_flags(int flags) {
    struct dioaudit_process *record = process.record;
    uint32_t lost = record->lock_flags & ~(uint32_t)flags;
    record->lock_flags = (uint32_t)flags;
    if (phases_is_any_steady() && (lost & MCL_FUTURE)) record->lock_lost_in_steady = 1;
}

INTERPOSED int munlock(const void *at, size_t length) {
    count(DIOAUDIT_EVENT_MUNLOCK, length);
    int result = next.munlock(at, length);
    if (result == 0 && process.phase && phases_is_any_steady()) process.record->lock_lost_in_steady = 1;
    return result;
}

INTERPOSED int mlockall(int flags) {
    count(DIOAUDIT_EVENT_MLOCKALL, 0);
    int result = next.mlockall(flags);
    if (!process.phase) return result;
    int error = errno;
    __atomic_fetch_add(&process.record->lock_calls, 1, __ATOMIC_RELAXED);
    if (result == 0) note_flags(flags);
    else phases_lock_failed(error);
    errno = error;
    return result;
}

INTERPOSED int munlockall(void) {
    count(DIOAUDIT_EVENT_MUNLOCKALL, 0);
    int result = next.munlockall();
    if (result == 0 && process.phase) note_flags(0);
    return result;
}
