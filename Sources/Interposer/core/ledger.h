// The interposer's side of the shared ledger: attaching to it.
#ifndef DIOAUDIT_LEDGER_H
#define DIOAUDIT_LEDGER_H

#include <stdbool.h>

#include "ledger_abi.h"

// This image's arena, or null when the program is not under audit.
extern struct dioaudit_arena *ledger __attribute__((visibility("hidden")));

// Makes this process ready to count: maps an arena for a new image, claims a record in it for a forked child.
// False when there is no ledger to attach to, or not yet.
bool ledger_attach(void);

// This process's place in its arena. A pid would not do: it may be used again, or stand in another PID namespace.
uint32_t ledger_process_index(void);

#endif
