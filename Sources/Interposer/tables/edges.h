// When each phase began, so that the host finds the phase of each kernel event. At most DIOAUDIT_EDGES.
#ifndef DIOAUDIT_EDGES_H
#define DIOAUDIT_EDGES_H

#include "ledger_abi.h"

// The process entered a phase. When an interlude ends, its edge is voided: the phase that it interrupted continues.
void edges_note(uint32_t phase, uint64_t nanoseconds);

// The calling thread entered a phase of its own; NONE: it follows its process again.
void edges_note_thread(uint32_t phase, uint64_t nanoseconds);

// The calling thread did a warm-up transfer in the steady phase.
void edges_note_warmup(uint64_t began, uint64_t ended);

// An allowed region of the calling thread begins or ends.
void edges_note_allowed(uint32_t allows, uint64_t nanoseconds);

// The calling thread made system calls of the interposer's own in between.
void edges_note_own(uint64_t began, uint64_t ended);

#endif
