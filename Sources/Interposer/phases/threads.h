// Page faults of each thread, for a scope that judges some of them only. Read at the phases' edges; see config.scope.
#ifndef DIOAUDIT_THREADS_H
#define DIOAUDIT_THREADS_H

#include "ledger_abi.h"

// Charges every thread with its page faults since the last edge, which were in the phase `from`.
void threads_take_edge(uint32_t from);

// The calling thread ends: its page faults since the last edge are known now, and to nobody later.
void threads_note_end(void);

#endif
