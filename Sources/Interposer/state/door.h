// How the ledger is reached: see DIOAUDIT_LEDGER in ledger_abi.h.
#ifndef DIOAUDIT_DOOR_H
#define DIOAUDIT_DOOR_H

// What the environment says of it, or null.
const char *door_variable(void);

// A descriptor of the ledger, or a negative number.
long door_open(const char *variable);

#endif
