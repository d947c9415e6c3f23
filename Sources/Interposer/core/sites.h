// Violations by site: the same call stack, kind, thread and phase make one entry however often it is passed.
#ifndef DIOAUDIT_SITES_H
#define DIOAUDIT_SITES_H

#include "ledger_abi.h"

// Counts an event at the caller's stack. `transfer` is the ordinal reported as the site's first.
void sites_record(enum dioaudit_event event, uint64_t bytes, uint32_t phase, uint64_t transfer);

#endif
