// What the process's memory gained in its steady phase, against what was counted meanwhile: the witnesses `pages` and `heap`.
#ifndef DIOAUDIT_MEMORY_H
#define DIOAUDIT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

#include "ledger_abi.h"
#include "pagemap.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25  // Linux 6.1, newer than some versions of sys/mman.h
#endif

// Reads what the process has when a steady phase begins. `goes_on`: an interlude is over, and what was read before it counts.
// Call it before the edge, so that its costs are warm-up's, and under the phase-transition lock.
void memory_begin(struct dioaudit_process *record, bool goes_on);

// Reads it again and records the difference. `may_go_on`: an interlude begins, and the steady phase may continue after it. Call
// it under the same lock.
void memory_end(struct dioaudit_process *record, bool may_go_on);

// Those that are in a range, if a steady phase may go on.
struct memory_pages memory_in(const void *at, size_t length);

// Whether an advice to madvise(2) only marks a range for later, and takes no page of it away. Of an unknown one that is not known.
bool memory_is_only_marked(int advice);

// Pages may be taken away, at a time or of a range that is not known: what the process has of them is not known any more.
void memory_lost_sight(void);

// A call took pages away: a gain elsewhere must not hide behind them. `before` and `after` it.
void memory_gave_back(struct memory_pages before, struct memory_pages after);

#endif
