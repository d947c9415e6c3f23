#include "early.h"

#include "../base/system.h"
#include "rows.h"
#include "../rules.h"

static struct dioaudit_cell early[DIOAUDIT_CELL_COUNT];

void early_count(enum dioaudit_event event, uint64_t bytes) {
    add_shared(&early[event].calls, 1);
    add_shared(&early[event].bytes, bytes);
}

void early_adopt(void) {
    for (uint32_t cell = 0; cell < DIOAUDIT_CELL_COUNT; cell++) {
        uint64_t calls = __atomic_exchange_n(&early[cell].calls, 0, __ATOMIC_RELAXED);
        uint64_t bytes = __atomic_exchange_n(&early[cell].bytes, 0, __ATOMIC_RELAXED);
        if (calls) rows_count(DIOAUDIT_PHASE_SETUP, cell, calls, bytes);
    }
}
