// The state of a thread and of its process: the rows that it counts in, and the phase.
#ifndef DIOAUDIT_CONTEXT_H
#define DIOAUDIT_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/system.h"
#include "ledger_abi.h"
#include "../rules.h"

// A thread's own state. TLS of the initial-exec model: not even the first use allocates.
struct context {
    struct dioaudit_thread *thread;  // its rows while its events may take the fast path; else null
    struct dioaudit_thread *rows;    // its rows, once it has counted something
    uint32_t suspended;              // nesting depth of the interposer's own work, whose events are not the subject's
    uint32_t passed_over;            // events that were not counted for that reason
    uint32_t own_phase;              // the phase that the thread named for itself (dioaudit_phase_thread), or NONE
    uint32_t regions;                // nesting depth of regions, and how many of them are allowed
    uint32_t allowed;
    uint8_t region[8];               // by nesting depth, each region's index in the ledger; see regions.c
    struct dioaudit_faults taken_faults;  // the thread's page faults that were moved out of the phase they happened in
    struct dioaudit_faults own_edge; // the thread's page faults when own_phase began
    struct dioaudit_faults allowed_edge;  // the same when the outermost allowed region began
    struct dioaudit_faults adopted;  // of the thread's vfork child, which shares this: page faults that were charged to us
    int32_t adopted_from;            // that child
    bool has_freed;                  // in a strict phase; see counting.c
    bool awaits_child;               // the child's page faults matter, and none were charged yet
    uint32_t allowed_from;                // 1 + interlude of the steady phase that the region began in, or 0
    uintptr_t warmup_frame;          // stack address of the warm-up transfer that the thread is in, or 0
    uint64_t ordinal;                // of the transfer that the thread is in, or 0
    uint32_t own_descriptors;        // nonzero: it has a table of descriptors of its own (unshare)
    int32_t tid_inside, tid;         // the thread, where a pid namespace gives it two numbers; see identity.h
    uint32_t jumps;                  // how often the thread may have left a transfer
    uintptr_t readable_from, readable_to;  // stack memory known to be mapped (stack.c)
};

extern THREAD_LOCAL struct context context HIDDEN;

// State that must vanish in a forked child. The kernel wipes the page at every kind of fork (madvise MADV_WIPEONFORK). So one
// load of `phase` also shows that this process has not attached.
struct process_page {
    // The offset of the phase's cells in a thread's rows if an event in the phase needs nothing but a count; else 0.
    uint64_t plain_cells;
    uint32_t phase;  // enum dioaudit_phase
    uint32_t next_phase;  // the phase that is entered, from before its time is taken
    uint32_t interlude;
    uint32_t interlude_from;
    uint32_t phase_lock;  // used by phase_lock.c only
    uint32_t exits;       // exit has begun; the phase may be EXIT before, if the program or the host says so
    uint32_t may_lock_heap;  // no thread that was not forked along can hold a lock of libc's heap
    int32_t pid_inside;      // see identity.h
    uint32_t is_elsewhere;   // the process is in another pid namespace than dioaudit
    struct dioaudit_process *record;
    struct dioaudit_edge *closed_edge;  // the edge to CLOSED, which is voided when a file is opened again
};

extern union process_memory {
    struct process_page page;
    unsigned char bytes[DIOAUDIT_PAGE];
} process_memory HIDDEN;

#define process (process_memory.page)

// Makes events count in a phase. phases.c records the edge.
void context_enter(uint32_t phase);

// Call after a change to a field that decides whether the fast path may be taken.
static inline void context_choose_path(void) {
    bool slow = context.suspended || context.regions || context.own_phase;
    context.thread = slow ? NULL : context.rows;
}

// The thread has left its transfer, if it was in one: its events do not belong to the transfer any more, even if the thread later
// returns to it.
static inline void context_leave_transfer(void) {
    context.warmup_frame = 0;
    context.ordinal = 0;
    context.jumps++;
}

// Between these two, the thread's events are the interposer's own and are not counted. They nest.
static inline void context_suspend(void) {
    context.suspended++;
    context_choose_path();
}

static inline void context_resume(void) {
    if (likely(context.suspended > 0)) context.suspended--;
    context_choose_path();
}

// TRAP: a signal handler may leave the interposer's own work by a jump, and its end is never reached. What is left of that work if the
// handler does return counts as the program's. Fixture: jumps-out-of-lookup.c
static inline void context_leave_own_work(void) {
    context.suspended = 0;
    context_choose_path();
}

// An event in this phase may be a violation.
static inline bool context_is_strict(uint32_t phase) {
    return phase == DIOAUDIT_PHASE_STEADY || phase == DIOAUDIT_PHASE_CLOSED;
}

#endif
