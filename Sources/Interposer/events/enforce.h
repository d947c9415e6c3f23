// Stops the process or denies the call at a violation, as config.enforce says.
#ifndef DIOAUDIT_ENFORCE_H
#define DIOAUDIT_ENFORCE_H

#include <stdbool.h>

#include "ledger_abi.h"

// False if the call must fail with ENOMEM. Does not return if the process must stop.
bool enforce(uint32_t phase, enum dioaudit_event event, uint64_t bytes);

#endif
