// The interposer's side of the shared ledger: its mapping.
#ifndef DIOAUDIT_LEDGER_H
#define DIOAUDIT_LEDGER_H

#include <stdbool.h>

#include "ledger_abi.h"

// This image's arena, or null when the program is not under audit.
extern struct dioaudit_arena *ledger __attribute__((visibility("hidden")));

// Maps this image's arena, if it is not yet. False when there is no ledger, or not yet.
bool ledger_open(void);

// Touches all memory of ours.
void ledger_touch(void);

// TRAP: fork makes each page a copy's to be, and the next write to it a page fault: in the parent, too. Those of our own pages
// are taken now, and are ours. Fixture: marker-allow-forks.c
void ledger_after_fork(void);

// This process's place in its arena. A pid would not do: it may be used again, or stand in another PID namespace.
uint32_t ledger_process_index(void);

#endif
