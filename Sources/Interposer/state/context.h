// What a thread and its process know of themselves: whose rows, and in which phase.
#ifndef DIOAUDIT_CONTEXT_H
#define DIOAUDIT_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/system.h"
#include "ledger_abi.h"
#include "../rules.h"

// A thread's own state. In TLS of the initial-exec model: no allocation, not even for the first use.
struct context {
    struct dioaudit_thread *thread;  // its rows, if its events may be counted the short way: not on a detour
    struct dioaudit_thread *rows;    // its rows, once it has counted something
    uint32_t suspended;              // nesting of our own work, whose events are not the subject's
    uint32_t passed_over;            // events that were not counted for that reason
    uint32_t own_phase;              // that it named for itself (dioaudit_phase_thread), or NONE
    uint32_t regions;                // nesting of regions, and how many of them are allowed
    uint32_t allowed;
    uint8_t region[8];               // the innermost's index into the ledger's, by nesting; see regions.c
    struct dioaudit_faults taken_faults;  // its page faults that have been taken out of the phase they were in
    struct dioaudit_faults own_edge; // its page faults when own_phase began
    struct dioaudit_faults allowed_edge;  // the same when the outermost allowed region began
    uint32_t allowed_from;                // 1 + interlude of the steady phase that it began in, or 0
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
    uint32_t phase_lock;  // phase_lock.c's
    struct dioaudit_process *record;
    struct dioaudit_edge *closed_edge;  // the one that says CLOSED, or said so before a file was opened again
};

extern union process_memory {
    struct process_page page;
    unsigned char bytes[DIOAUDIT_PAGE];
} process_memory HIDDEN;

#define process (process_memory.page)

// False in a child that shares our memory (vfork, CLONE_VM) but not our descriptors, locks and end. Where a filter
// (seccomp(2)) refuses to tell, a call is taken for our own.
static inline bool process_is_ours(void) {
    long pid = SYSTEM(SYS_getpid);
    return pid < 0 || pid == process.record->pid;
}

// Enters a phase as far as counting goes; its edge is phases.c's.
void context_enter(uint32_t phase);

// After a change to what decides whether the short way may be taken.
static inline void context_choose_way(void) {
    bool detour = context.suspended || context.regions || context.own_phase;
    context.thread = detour ? NULL : context.rows;
}

// Between these the thread's events are our own doing and not counted. They nest.
static inline void context_suspend(void) {
    context.suspended++;
    context_choose_way();
}

static inline void context_resume(void) {
    context.suspended--;
    context_choose_way();
}

// Whether the policy looks at what happens in this phase.
static inline bool context_is_strict(uint32_t phase) {
    return phase == DIOAUDIT_PHASE_STEADY || phase == DIOAUDIT_PHASE_CLOSED;
}

#endif
