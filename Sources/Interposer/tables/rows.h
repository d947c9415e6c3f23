// A thread's rows in the ledger: who has which, and what becomes of those of threads that have ended.
#ifndef DIOAUDIT_ROWS_H
#define DIOAUDIT_ROWS_H

#include <stdint.h>

#include "ledger_abi.h"
#include "../base/system.h"
#include "../state/context.h"
#include "interludes.h"

// The rows of a thread of this process, or null; and rows for one that has none yet and may not ask for them itself.
struct dioaudit_thread *rows_of(int32_t tid);
struct dioaudit_thread *rows_claim_for(int32_t tid, const char *name);

// The thread of these rows has ended: they are added to those of all such threads. Under the phase lock, as both above are.
void rows_end(struct dioaudit_thread *rows);

// Rows for the calling thread, which become context.rows. Null when none are free: use rows_shared.
struct dioaudit_thread *rows_claim(void);

// The rows of threads that found none of their own. Their cells are added to atomically.
struct dioaudit_thread *rows_shared(void);

// For a thread that found no rows of its own.
void rows_count_shared(uint32_t phase, enum dioaudit_event cell, uint64_t calls, uint64_t bytes);

// Counts in a given phase in the calling thread's rows, which it claims if it has none: an event, a transfer or a sync. Inline,
// since every event of the steady phase passes here.
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
