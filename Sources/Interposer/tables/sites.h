// Violations by site: events of one kind with the same call stack and thread share one entry.
#ifndef DIOAUDIT_SITES_H
#define DIOAUDIT_SITES_H

#include <stdbool.h>

#include "ledger_abi.h"

// Counts an event at the site of the caller's stack, and returns the site; null if there is no memory for it. `transfer` is the
// ordinal that is reported if this is the site's first event.
struct dioaudit_site *sites_record(enum dioaudit_event event, uint64_t bytes, uint32_t phase, uint64_t transfer,
                                   bool *is_first);

#endif
