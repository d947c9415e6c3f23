// What is done at a violation besides counting it: see config.enforce.
#ifndef DIOAUDIT_ENFORCE_H
#define DIOAUDIT_ENFORCE_H

#include <stdbool.h>

#include "ledger_abi.h"

// False if the call is to fail with ENOMEM. Does not return if the process is to be stopped.
bool enforce(uint32_t phase, enum dioaudit_event event, uint64_t bytes);

#endif
