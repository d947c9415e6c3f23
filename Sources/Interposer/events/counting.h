// The counting path of every interposed function: it finds the caller's thread and phase, and counts the event there.
#ifndef DIOAUDIT_COUNTING_H
#define DIOAUDIT_COUNTING_H

#include "../base/system.h"
#include "../state/context.h"
#include "../rules.h"

// The phase that an event at this point of this thread belongs to.
uint32_t event_phase(void);

// The slow path: an unattached process, a thread without rows, or a phase in which an event needs more than a count. It saves
// the registers that it uses, so that the fast path saves none.
__attribute__((preserve_most)) void count_slowly(enum dioaudit_event event, uint64_t bytes);

// The fast path. False if the event must take the slow path.
#ifdef DIOAUDIT_IN_PROCESS
// Inside a test nothing is counted of a thread that is in no assertion (assertions/assertion.c).
static inline bool count_plainly(enum dioaudit_event event, uint64_t bytes) {
    (void)event, (void)bytes;
    return !(context.suspended | context.regions);
}
#else
static inline bool count_plainly(enum dioaudit_event event, uint64_t bytes) {
    char *thread = (char *)context.thread;
    uint64_t cells = process.plain_cells;
    if (unlikely(!cells) || unlikely(!thread)) return false;
    struct dioaudit_cell *cell = (struct dioaudit_cell *)(void *)(thread + cells) + event;
    add(&cell->calls, 1);
    if (!__builtin_constant_p(bytes) || bytes) add(&cell->bytes, bytes);
    return true;
}
#endif

// Counts in addition what a call is that was counted: a cell that is no event.
void count_more(enum dioaudit_event cell);

static inline void count(enum dioaudit_event event, uint64_t bytes) {
    if (!count_plainly(event, bytes)) count_slowly(event, bytes);
}

// A call that may be a violation, from before it is made until it has returned.
struct event_call {
    struct dioaudit_site *site;  // null if the call is no violation, and no first call of a thread within which libc may map
    bool is_first;               // at this site: then its page faults are recorded
    struct dioaudit_faults faults;
};

// Counts the call. False if the call must be denied: then neither make it nor call event_end.
bool event_begin(struct event_call *call, enum dioaudit_event event, uint64_t bytes);
void event_end(struct event_call *call);

// The rest of a function that makes `call` if that is allowed, and else returns `refusal`.
#define COUNTED_SLOWLY(type, event, bytes, call, refusal)          \
    do {                                                           \
        struct event_call seen;                                    \
        if (!event_begin(&seen, event, bytes)) return refusal;   \
        type result = call;                                        \
        event_end(&seen);                                        \
        return result;                                             \
    } while (0)

#define COUNTED(type, event, bytes, call, refusal)                 \
    do {                                                           \
        if (likely(count_plainly(event, bytes))) return call;      \
        COUNTED_SLOWLY(type, event, bytes, call, refusal);         \
    } while (0)

#endif
