#include "interludes.h"

#include "../base/system.h"
#include "../state/context.h"
#include "../rules.h"

uint32_t interludes_origin(uint32_t closed, uint32_t from) {
    bool allowed = closed == DIOAUDIT_PHASE_ALLOWED_CLOSED && from == DIOAUDIT_PHASE_STEADY;
    return allowed ? (uint32_t)DIOAUDIT_PHASE_ALLOWED : from;
}

static void settle(struct dioaudit_thread *rows, uint32_t closed) {
    uint32_t from = interludes_origin(closed, rows->interlude_from);
    for (uint32_t cell = 0; cell < DIOAUDIT_CELL_COUNT; cell++) {
        // Each cell is taken by one instruction, so that a handler which settles meanwhile moves no count twice.
        struct dioaudit_cell *counted = &rows->cells[closed][cell];
        uint64_t calls = __atomic_exchange_n(&counted->calls, 0, __ATOMIC_RELAXED);
        uint64_t bytes = __atomic_exchange_n(&counted->bytes, 0, __ATOMIC_RELAXED);
        add(&rows->cells[from][cell].calls, calls);
        add(&rows->cells[from][cell].bytes, bytes);
    }
}

void interludes_settle(struct dioaudit_thread *rows) {
    uint32_t current = process.interlude;
    if (rows->interlude == current) return;
    settle(rows, DIOAUDIT_PHASE_CLOSED);
    settle(rows, DIOAUDIT_PHASE_ALLOWED_CLOSED);
    rows->interlude = current;
    rows->interlude_from = process.interlude_from;
}
