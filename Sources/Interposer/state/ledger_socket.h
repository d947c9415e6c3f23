// Reaches the ledger by its path or its socket, which DIOAUDIT_LEDGER_ENVIRONMENT in ledger_abi.h describes.
#ifndef DIOAUDIT_LEDGER_SOCKET_H
#define DIOAUDIT_LEDGER_SOCKET_H

#include <stdbool.h>

#include "ledger_abi.h"

// The value of the environment variable; null if it is not set.
const char *ledger_variable(void);

// A descriptor of the ledger; negative if it cannot be reached.
long ledger_descriptor(const char *variable);

// Asks dioaudit. False if it does not answer. Where the question wants the ledger, `fd` becomes its descriptor, or -1.
bool ledger_ask(struct dioaudit_question question, struct dioaudit_answer *answer, int *fd);

// Call before the process enters another network namespace. An abstract socket's name holds in one of them, and a socket stays in
// the one in which it was made: so one is made, and left open for this process and all that it starts.
void ledger_socket_keep(void);

// That descriptor; 0 if there is none.
int ledger_socket_kept(void);

#endif
