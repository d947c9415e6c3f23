// Events from before this process could attach: the dynamic linker allocates before there is an environment.
#ifndef DIOAUDIT_EARLY_H
#define DIOAUDIT_EARLY_H

#include "ledger_abi.h"

void early_count(enum dioaudit_event event, uint64_t bytes);

// Counts in this process what was counted before it had attached.
void early_adopt(void);

#endif
