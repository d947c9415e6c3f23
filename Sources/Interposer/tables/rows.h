// The rows of threads in the ledger: claiming them, and folding those of threads that have ended.
#ifndef DIOAUDIT_ROWS_H
#define DIOAUDIT_ROWS_H

#include <stdint.h>

#include "ledger_abi.h"
#include "../base/system.h"
#include "../state/context.h"
#include "interludes.h"

// As the ledger has it, and as its own pid namespace does; 0: not known.
struct thread_numbers {
    int32_t tid, tid_inside;
};

// The rows of a thread of this process, or null: by its number inside where that is known. The second claims rows for another
// thread, which has none yet.
struct dioaudit_thread *rows_of(struct thread_numbers thread);
struct dioaudit_thread *rows_claim_for(struct thread_numbers thread, const char *name);

// The thread of these rows has ended: adds them to the rows of exited threads. Like both above, under the phase-transition
// lock.
void rows_end(struct dioaudit_thread *rows);

// Claims rows for the calling thread, and stores them in context.rows. Null when none are free: use rows_shared.
struct dioaudit_thread *rows_claim(void);

// The rows of all threads for which no rows were free. Add to their cells atomically.
struct dioaudit_thread *rows_shared(void);

// Counts in the shared rows.
void rows_count_shared(uint32_t phase, enum dioaudit_event cell, uint64_t calls, uint64_t bytes);

// Counts an event, a transfer or a sync in a phase, in the calling thread's rows, which it claims if it has none. Inline,
// since every event of the steady phase takes this path.
static inline void rows_count(uint32_t phase, enum dioaudit_event cell, uint64_t calls, uint64_t bytes) {
    struct dioaudit_thread *rows = context.rows;
    if (!rows) rows = rows_claim();
    if (!rows) {
        rows_count_shared(phase, cell, calls, bytes);
        return;
    }
    if (interludes_is_one(phase)) interludes_settle(rows);
    add(&rows->cells[phase][cell].calls, calls);
    add(&rows->cells[phase][cell].bytes, bytes);
}

#endif
