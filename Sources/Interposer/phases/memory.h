// What the process's memory gained in its steady phase, against what was counted meanwhile: the witnesses `pages` and `heap`.
#ifndef DIOAUDIT_MEMORY_H
#define DIOAUDIT_MEMORY_H

#include <stdbool.h>

#include "ledger_abi.h"

// Reads what the process has when a steady phase begins. `goes_on`: an interlude is over, and what was read before it counts.
// Call it before the edge, so that its costs are warm-up's, and under the phase-transition lock.
void memory_begin(struct dioaudit_process *record, bool goes_on);

// Reads it again and records the difference. `may_go_on`: an interlude begins, and the steady phase may continue after it. Call
// it under the same lock.
void memory_end(struct dioaudit_process *record, bool may_go_on);

#endif
