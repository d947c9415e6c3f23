// Page faults of each thread, for a scope that judges only some threads (config.scope). Read at the edges of phases.
#ifndef DIOAUDIT_THREADS_H
#define DIOAUDIT_THREADS_H

#include "ledger_abi.h"

// Charges the page faults of every thread since the last edge to the phase `from`.
void threads_take_edge(uint32_t from);

// The calling thread ends: its page faults since the last edge can be read only now.
void threads_note_end(void);

#endif
