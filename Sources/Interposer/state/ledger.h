// The interposer's side of the shared ledger: its mapping.
#ifndef DIOAUDIT_LEDGER_H
#define DIOAUDIT_LEDGER_H

#include <stdbool.h>

#include "ledger_abi.h"

// This image's arena, or null when the program is not under audit.
extern struct dioaudit_arena *ledger __attribute__((visibility("hidden")));

// What the host has said of the steady phase: enum dioaudit_told. In the session's page, if the host may say anything.
extern const uint32_t *ledger_told __attribute__((visibility("hidden")));

// Maps this image's arena if it is not mapped yet. False if there is no ledger, or not yet.
bool ledger_open(void);

// Bytes of address space that the interposer takes: its image, and the arena.
uint64_t ledger_mapped(void);

// Touches all of the interposer's memory.
void ledger_touch(void);

// TRAP: after fork the next write to each private page is a page fault (copy on write), in the parent too. This takes the
// faults on our own pages now, and counts them as ours. Fixture: marker-allow-forks.c
void ledger_after_fork(void);

// How many that were so far. They copied pages that were there, and so explain none that the process gained. Fixture:
// forks-and-fills.c
uint64_t ledger_fork_faults(void);

// This process's index in its arena. A pid would not do: it may be reused, or be of another pid namespace.
uint32_t ledger_process_index(void);

#endif
