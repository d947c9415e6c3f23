// Whether a thread's events are judged, for the scope that decides by the thread's name (config.scope).
#ifndef DIOAUDIT_SCOPE_H
#define DIOAUDIT_SCOPE_H

#include <stdbool.h>

#include "ledger_abi.h"

// Whether the calling thread, by its current name, is not judged.
bool scope_spares_caller(void);

// Notes that the thread of the rows had this name: if the name is judged, so are the rows' page faults.
void scope_note_name(struct dioaudit_thread *rows, const char *name);

#endif
