// Gives a process a record in the ledger and a phase: at its start, or at the first call that needs them.
#ifndef DIOAUDIT_ATTACH_H
#define DIOAUDIT_ATTACH_H

#include <stdbool.h>

#include "../state/context.h"

// Makes this process ready to count: maps an arena for a new image, claims a record in it for a forked child.
// False when there is no ledger to attach to, or not yet.
bool attach(void);

// Whether this process is under audit. Attaches it if it can.
static inline bool is_attached(void) {
    return likely(process.phase) || attach();
}

#endif
