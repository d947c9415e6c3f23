// The events that a thread counted in an interlude, while no O_DIRECT file was open.
#ifndef DIOAUDIT_INTERLUDES_H
#define DIOAUDIT_INTERLUDES_H

#include <stdbool.h>

#include "ledger_abi.h"

static inline bool interludes_is_one(uint32_t phase) {
    return phase == DIOAUDIT_PHASE_CLOSED || phase == DIOAUDIT_PHASE_ALLOWED_CLOSED;
}

// The phase to which events in an interlude (CLOSED or ALLOWED_CLOSED) that interrupted `from` belong.
uint32_t interludes_origin(uint32_t closed, uint32_t from);

// If the interlude that rows->cells[CLOSED] were counted in has ended, because an O_DIRECT file was opened again,
// moves them to the phase that it interrupted.
void interludes_settle(struct dioaudit_thread *rows);

#endif
