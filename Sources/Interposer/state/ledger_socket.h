// Reaches the ledger by its path or its socket, which DIOAUDIT_LEDGER_ENVIRONMENT in ledger_abi.h describes.
#ifndef DIOAUDIT_LEDGER_SOCKET_H
#define DIOAUDIT_LEDGER_SOCKET_H

// The value of the environment variable; null if it is not set.
const char *ledger_variable(void);

// A descriptor of the ledger; negative if it cannot be reached.
long ledger_descriptor(const char *variable);

#endif
