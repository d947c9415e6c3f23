// Events before the process can attach: the dynamic linker allocates before there is an environment.
#ifndef DIOAUDIT_EARLY_H
#define DIOAUDIT_EARLY_H

#include "ledger_abi.h"

void early_count(enum dioaudit_event event, uint64_t bytes);

// Adds the events that were counted before attach to this process.
void early_adopt(void);

#endif
