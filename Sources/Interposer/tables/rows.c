#include "rows.h"

#include <string.h>

#include "../base/system.h"
#include "../state/context.h"
#include "../state/identity.h"
#include "../state/ledger.h"
#include "../state/phase_lock.h"
#include "../state/scope.h"
#include "interludes.h"
#include "quiet.h"
#include "../rules.h"

static bool take(struct dioaudit_thread *rows, uint32_t from) {
    return __atomic_compare_exchange_n(&rows->state, &from, DIOAUDIT_THREAD_CLAIMED, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_RELAXED);
}

static void give(struct dioaudit_thread *rows, uint32_t state) {
    __atomic_store_n(&rows->state, state, __ATOMIC_RELEASE);
}

static bool is_ours(const struct dioaudit_thread *rows) {
    return rows->owner == ledger_process_index();
}

// A question that a filter (seccomp(2)) refused says nothing: the rows stay their thread's.
static bool is_dead(const struct dioaudit_thread *rows) {
    return SYSTEM(SYS_tgkill, process.pid_inside, rows->tid_inside, 0) == -ESRCH;
}

static struct dioaudit_thread *find_exited(const struct dioaudit_thread *like) {
    for (uint32_t i = 1; i < DIOAUDIT_THREADS; i++) {
        struct dioaudit_thread *rows = &ledger->threads[i].thread;
        bool is_alike = rows->does_transfers == like->does_transfers && rows->matched == like->matched;
        if (rows->state == DIOAUDIT_THREAD_SHARED && is_ours(rows) && is_alike) return rows;
    }
    return NULL;
}

// Call before a thread's rows become those of exited threads, or are added to them.
static void end_faults(struct dioaudit_thread *rows) {
    bool matters = ledger->config.scope != DIOAUDIT_SCOPE_PROCESS && context_is_strict(process.phase);
    if (matters && rows->faults_known != UINT32_MAX) rows->ended_unmeasured++;
    rows->faults_known = UINT32_MAX;
}

static void fold_faults(struct dioaudit_thread *into, struct dioaudit_thread *from) {
    end_faults(from);
    into->ended_unmeasured += from->ended_unmeasured;
    into->steady_faults.minor += from->steady_faults.minor;
    into->steady_faults.major += from->steady_faults.major;
}

// Adds a dead thread's rows to those of the exited threads, and frees them. `into` and `from` are both claimed.
static void fold(struct dioaudit_thread *into, struct dioaudit_thread *from) {
    interludes_settle(into);
    interludes_settle(from);
    for (uint32_t phase = 0; phase < DIOAUDIT_PHASE_COUNT; phase++)
        for (uint32_t cell = 0; cell < DIOAUDIT_CELL_COUNT; cell++) {
            into->cells[phase][cell].calls += from->cells[phase][cell].calls;
            into->cells[phase][cell].bytes += from->cells[phase][cell].bytes;
        }
    fold_faults(into, from);
    quiet_fold(&into->quiet, &from->quiet);
    for (uint32_t event = 0; event < DIOAUDIT_EVENT_COUNT; event++) into->straddling[event] += from->straddling[event];
    for (uint32_t event = 0; event < DIOAUDIT_EVENT_COUNT; event++)
        if (into->last_transfer[event] < from->last_transfer[event])
            into->last_transfer[event] = from->last_transfer[event];
    memset((char *)from + sizeof(from->state), 0, sizeof(*from) - sizeof(from->state));
}

// The thread of these rows has ended, and the caller has taken them. The first such rows become those of all exited threads;
// later ones are folded into them, so that thousands of short threads need few rows. True if the rows can be used again.
static bool end_rows(struct dioaudit_thread *rows) {
    struct dioaudit_thread *exited = find_exited(rows);
    if (!exited) {
        end_faults(rows);
        rows->tid = 0;
        memcpy(rows->name, "(exited)", sizeof("(exited)"));
        give(rows, DIOAUDIT_THREAD_SHARED);
        return false;
    }
    bool folds = take(exited, DIOAUDIT_THREAD_SHARED);
    if (folds) fold(exited, rows);
    give(folds ? exited : rows, folds ? DIOAUDIT_THREAD_SHARED : DIOAUDIT_THREAD_OWNED);
    return folds;
}

static struct dioaudit_thread *reclaim(void) {
    for (uint32_t i = 1; i < DIOAUDIT_THREADS; i++) {
        struct dioaudit_thread *rows = &ledger->threads[i].thread;
        if (rows->state != DIOAUDIT_THREAD_OWNED || !is_ours(rows) || !is_dead(rows)) continue;
        if (!take(rows, DIOAUDIT_THREAD_OWNED)) continue;
        // TRAP: another thread may have reclaimed the rows meanwhile for a live thread. Fixture: many-threads.c
        if (!is_ours(rows) || !is_dead(rows)) {
            give(rows, DIOAUDIT_THREAD_OWNED);
            continue;
        }
        if (end_rows(rows)) return rows;
    }
    return NULL;
}

static struct dioaudit_thread *find_free(void) {
    for (uint32_t i = 1; i < DIOAUDIT_THREADS; i++) {
        struct dioaudit_thread *rows = &ledger->threads[i].thread;
        if (rows->state == DIOAUDIT_THREAD_FREE && take(rows, DIOAUDIT_THREAD_FREE)) return rows;
    }
    return NULL;
}

struct dioaudit_thread *rows_of(struct thread_numbers thread) {
    for (uint32_t i = 1; i < DIOAUDIT_THREADS; i++) {
        struct dioaudit_thread *rows = &ledger->threads[i].thread;
        bool is_its = thread.tid_inside ? rows->tid_inside == thread.tid_inside : rows->tid == thread.tid;
        if (rows->state == DIOAUDIT_THREAD_OWNED && is_its && is_ours(rows)) return rows;
    }
    return NULL;
}

static void begin_rows(struct dioaudit_thread *rows, struct thread_numbers thread, const char *name) {
    rows->owner = ledger_process_index();
    rows->tid = thread.tid;
    rows->tid_inside = thread.tid_inside;
    memcpy(rows->name, name, DIOAUDIT_NAME);
    scope_note_name(rows, name);
    rows->interlude = process.interlude;
    rows->interlude_from = process.interlude_from;
    give(rows, DIOAUDIT_THREAD_OWNED);
}

struct dioaudit_thread *rows_claim_for(struct thread_numbers thread, const char *name) {
    struct dioaudit_thread *rows = find_free();
    if (rows) begin_rows(rows, thread, name);
    return rows;
}

void rows_end(struct dioaudit_thread *rows) {
    if (take(rows, DIOAUDIT_THREAD_OWNED) && end_rows(rows)) give(rows, DIOAUDIT_THREAD_FREE);
}

static struct dioaudit_thread *claim_any(struct thread_numbers thread) {
    struct dioaudit_thread *rows = find_free();
    if (!rows) rows = reclaim();
    if (!rows) return NULL;
    char name[DIOAUDIT_NAME];
    system_thread_name(name);
    begin_rows(rows, thread, name);
    return rows;
}

// Another thread may have claimed rows for this one at an edge, under the phase-transition lock; so this takes the lock, too.
// TRAP: a tid is reused, and the new thread would get an ended thread's rows. Fixture: reuses-thread-number.c
static struct dioaudit_thread *claim_own(struct thread_numbers thread) {
    struct phase_lock lock;
    phase_lock_take(&lock);
    struct dioaudit_thread *rows = context.rows;  // a signal handler on this thread may have claimed them
    if (!rows) {
        rows = rows_of(thread);
        // Claimed at an edge by a /proc that has the other numbers.
        if (!rows) rows = rows_of((struct thread_numbers){.tid = thread.tid});
        if (rows && rows->is_claimed) {
            rows_end(rows);
            rows = NULL;
        }
    }
    if (!rows) rows = claim_any(thread);
    if (rows) rows->tid_inside = thread.tid_inside;
    if (rows) rows->is_claimed = 1;
    phase_lock_release(&lock);
    return rows;
}

// TRAP: a vfork child has its parent's thread-local memory, and another number: rows that it claimed would keep that. It counts in
// the shared rows until the thread itself claims some. Fixture: vfork-child-transfers.c
struct dioaudit_thread *rows_claim(void) {
    if (!process_is_ours()) return NULL;
    struct thread_numbers thread = {identity_thread(), identity_thread_inside()};
    bool are_read_at_edges = ledger->config.scope != DIOAUDIT_SCOPE_PROCESS;
    struct dioaudit_thread *rows = are_read_at_edges ? claim_own(thread) : claim_any(thread);
    if (!rows) return NULL;
    // A signal handler may have claimed other rows meanwhile; the host adds both by their tid.
    context.rows = rows;
    context_choose_path();
    return rows;
}

struct dioaudit_thread *rows_shared(void) {
    struct dioaudit_thread *rows = &ledger->threads[0].thread;
    if (rows->state == DIOAUDIT_THREAD_FREE && take(rows, DIOAUDIT_THREAD_FREE)) {
        rows->owner = ledger_process_index();
        memcpy(rows->name, "(others)", sizeof("(others)"));
        give(rows, DIOAUDIT_THREAD_SHARED);
    }
    return rows;
}

// MARK: counting

void rows_count_shared(uint32_t phase, enum dioaudit_event cell, uint64_t calls, uint64_t bytes) {
    struct dioaudit_thread *rows = rows_shared();
    if (interludes_is_one(phase)) phase = interludes_origin(phase, process.interlude_from);  // shared rows keep no interlude
    add_shared(&rows->cells[phase][cell].calls, calls);
    add_shared(&rows->cells[phase][cell].bytes, bytes);
    add_shared(&process.record->shared_thread_calls, calls);
}
