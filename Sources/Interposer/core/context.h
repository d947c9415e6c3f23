// Whose call is it, and in which phase? The counting path of every interposed function.
#ifndef DIOAUDIT_CONTEXT_H
#define DIOAUDIT_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger_abi.h"
#include "system.h"
#include "../rules.h"

// A thread's own state. In TLS of the initial-exec model: no allocation, not even for the first use.
struct context {
    struct dioaudit_thread *thread;  // its rows, once it has counted something; null while suspended
    struct dioaudit_thread *resumed; // the same, kept while suspended
    uint32_t suspended;              // nesting of our own work, whose events are not the subject's
    uintptr_t warmup_frame;          // stack address of the warm-up transfer that the thread is in, or 0
    uint64_t ordinal;                // of that or of any other transfer the thread is in, or 0
    uintptr_t readable_from, readable_to;  // stack memory known to be mapped (stack.c)
};

extern THREAD_LOCAL struct context context HIDDEN;

// What must vanish in a forked child. The page is wiped by fork itself (madvise MADV_WIPEONFORK), however the
// child came to be, so that one load tells both the phase and that the process is not the one that attached.
struct process_page {
    // Where in a thread's rows the phase's cells begin, in bytes, if an event in it is only counted; else 0.
    uint64_t plain_cells;
    uint32_t phase;  // enum dioaudit_phase
    uint32_t interlude;
    uint32_t interlude_from;
    struct dioaudit_process *record;
};

extern union process_memory {
    struct process_page page;
    unsigned char bytes[DIOAUDIT_PAGE];
} process_memory HIDDEN;

#define process (process_memory.page)

// Enters a phase as far as counting goes; its edge is phases.c's.
void context_enter(uint32_t phase);

// Counts an event where the short path below may not: an unattached process, a thread without rows, or a phase
// in which more than a count is wanted. It saves the registers that it uses, so that the short path need save none.
__attribute__((preserve_most)) void context_count(enum dioaudit_event event, uint64_t bytes);

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
    if (!count_plainly(event, bytes)) context_count(event, bytes);
}

// Counts a transfer or sync in a given phase.
void context_count_in(uint32_t phase, enum dioaudit_event cell, uint64_t count, uint64_t bytes);

// Counts in this process what was counted before it had attached.
void context_adopt_early(void);

// The phase that an event at this point of this thread belongs to.
uint32_t context_phase(void);

// Between these the thread's events are our own doing and not counted. They nest.
static inline void context_suspend(void) {
    if (context.suspended++ == 0) {
        context.resumed = context.thread;
        context.thread = NULL;
    }
}

static inline void context_resume(void) {
    if (--context.suspended == 0) context.thread = context.resumed;
}

#endif
