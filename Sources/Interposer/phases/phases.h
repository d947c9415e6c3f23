// The process's phases and what is measured at their edges: time, page faults, the memory lock.
#ifndef DIOAUDIT_PHASES_H
#define DIOAUDIT_PHASES_H

#include <stdbool.h>

#include "ledger_abi.h"

// Starts the clock and the fault counters of a process that has just attached.
void phases_begin(struct dioaudit_process *record);

// A call that may transfer begins: true if that ended setup. If it then moves nothing, setup goes on.
bool phases_transfer_begins(void);
void phases_nothing_moved(void);

// A transfer has moved its data; the call that did it is over, which may end the warm-up.
void phases_transfer_done(void);
void phases_transfer_ended(void);

// Without an open O_DIRECT file the process is in no phase that is judged, until one is opened again.
void phases_last_file_closed(void);
void phases_first_file_opened(void);

// mlockall failed: what it would have needed is noted.
void phases_lock_failed(int error);

// Whether the process, or a thread that names its own phases, is in the steady one.
bool phases_is_any_steady(void);

// Exit has begun: whatever happens from here on is teardown.
void phases_exit(void);

// The last edge of the process: after this nothing more is measured, though calls are still counted.
void phases_goodbye(void);

// True until the program names its phases itself.
bool phases_automatic(void);

// "setup", "warmup", "steady" or "teardown" begins; for the calling thread only, which with null follows its process again.
void phases_marker(const char *name);
void phases_thread_marker(const char *name);

// In a forked child, which goes on where its parent was if the program names its phases itself: it is the same code.
// `own_phase` is the one that the thread had named for itself.
void phases_inherit(uint32_t own_phase);

#endif
