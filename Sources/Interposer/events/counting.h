// Whose call is it, and in which phase? The counting path of every interposed function.
#ifndef DIOAUDIT_COUNTING_H
#define DIOAUDIT_COUNTING_H

#include "../base/system.h"
#include "../state/context.h"
#include "../rules.h"

// The phase that an event at this point of this thread belongs to.
uint32_t event_phase(void);

// Counts an event where the short path below may not: an unattached process, a thread without rows, or a phase
// in which more than a count is wanted. It saves the registers that it uses, so that the short path need save none.
__attribute__((preserve_most)) void count_slowly(enum dioaudit_event event, uint64_t bytes);

static inline bool count_plainly(enum dioaudit_event event, uint64_t bytes) {
    char *thread = (char *)context.thread;
    uint64_t cells = process.plain_cells;
    if (unlikely(!cells) || unlikely(!thread)) return false;
    struct dioaudit_cell *cell = (struct dioaudit_cell *)(void *)(thread + cells) + event;
    add(&cell->calls, 1);
    if (!__builtin_constant_p(bytes) || bytes) add(&cell->bytes, bytes);
    return true;
}

static inline void count(enum dioaudit_event event, uint64_t bytes) {
    if (!count_plainly(event, bytes)) count_slowly(event, bytes);
}

// A call that may be a violation, from before it is made until it has returned.
struct event_call {
    struct dioaudit_site *site;  // null if it is none
    bool is_first;               // at this site: then its page faults are kept
    struct dioaudit_faults faults;
};

// Counts it. False if it is to be denied: then it is not made, nor ended.
bool event_begin(struct event_call *call, enum dioaudit_event event, uint64_t bytes);
void event_end(struct event_call *call);

// The rest of a function that makes `call` if it may, and else returns `refusal`.
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
