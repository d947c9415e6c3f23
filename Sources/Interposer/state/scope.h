// Whose events are judged, where that can be told at once: by the thread's name. See config.scope.
#ifndef DIOAUDIT_SCOPE_H
#define DIOAUDIT_SCOPE_H

#include <stdbool.h>

#include "ledger_abi.h"

// Whether the calling thread, as it is named now, is none of those that are judged.
bool scope_spares_caller(void);

// The rows' thread has been seen under a name: if that is judged, so are the rows' page faults.
void scope_note_name(struct dioaudit_thread *rows, const char *name);

#endif
