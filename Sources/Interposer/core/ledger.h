// The interposer's side of the shared ledger: attaching, and finding rows for threads.
#ifndef DIOAUDIT_LEDGER_H
#define DIOAUDIT_LEDGER_H

#include <stdbool.h>

#include "ledger_abi.h"

// This image's arena, or null when the program is not under audit.
extern struct dioaudit_arena *ledger __attribute__((visibility("hidden")));

// Makes this process ready to count: maps an arena for a new image, claims a record in it for a forked child.
// False when there is no ledger to attach to, or not yet.
bool ledger_attach(void);

// This process's place in its arena. A pid would not do: it may be used again, or stand in another PID namespace.
uint32_t ledger_process_index(void);

// The rows of a thread of this process, or null; and rows for one that has none yet and may not ask for them itself.
struct dioaudit_thread *ledger_rows_of(int32_t tid);
struct dioaudit_thread *ledger_claim_rows_for(int32_t tid, const char *name);

// Rows for the calling thread, which become context.rows. Null when none are free: use ledger_shared_rows.
struct dioaudit_thread *ledger_claim_rows(void);

// The rows of threads that found none of their own. Their cells are added to atomically.
struct dioaudit_thread *ledger_shared_rows(void);

// Copies at most DIOAUDIT_NAME bytes of the calling thread's name.
void ledger_thread_name(char *name);

#endif
