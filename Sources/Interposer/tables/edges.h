// When each phase began, for the host to tell apart what the kernel saw. Bounded: see DIOAUDIT_EDGES.
#ifndef DIOAUDIT_EDGES_H
#define DIOAUDIT_EDGES_H

#include "ledger_abi.h"

// The process entered a phase. An interlude's edge is taken back when it ends: what it interrupted goes on.
void edges_note(uint32_t phase, uint64_t nanoseconds);

// The calling thread entered a phase of its own, or with NONE follows its process again.
void edges_note_thread(uint32_t phase, uint64_t nanoseconds);

// The calling thread did a warm-up transfer in the steady phase.
void edges_note_warmup(uint64_t began, uint64_t ended);

// An allowed region of the calling thread begins or ends.
void edges_note_allowed(uint32_t allows, uint64_t nanoseconds);

#endif
