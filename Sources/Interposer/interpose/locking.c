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

INTERPOSED int munlock(const void *at, size_t length) {
    count(DIOAUDIT_EVENT_MUNLOCK, length);
    int result = next.munlock(at, length);
    if (result == 0 && process.phase && phases_is_any_steady()) process.record->lock_lost_in_steady = 1;
    return result;
}

INTERPOSED int mlockall(int flags) {
    count(DIOAUDIT_EVENT_MLOCKALL, 0);
    int result = next.mlockall(flags);
    int error = errno;
    phases_locked(flags, result == 0 ? 0 : error);
    errno = error;
    return result;
}

INTERPOSED int munlockall(void) {
    count(DIOAUDIT_EVENT_MUNLOCKALL, 0);
    int result = next.munlockall();
    if (result == 0) phases_unlocked();
    return result;
}
