// Regions that the program names, or declares as allowed.
#ifndef DIOAUDIT_REGIONS_H
#define DIOAUDIT_REGIONS_H

#include <stdbool.h>

#include "ledger_abi.h"

// A region of the calling thread begins, or its innermost region of that name ends.
void regions_begin(const char *name, bool allows);
void regions_end(const char *name, bool allows);

struct context;

// In a forked child: its thread is in the regions of the thread that forked.
void regions_inherit(const struct context *parent);

// The thread is about to exec, which ends its regions: true if it is in any. The second undoes the first: exec failed.
bool regions_leave_for_exec(void);
void regions_return_from_exec(void);

// Counts an event for the innermost region that the calling thread is in.
void regions_count(uint32_t phase, enum dioaudit_event event, uint64_t bytes);

#endif
