// The process's phases, and the measurements at their edges: time, page faults, the memory lock.
#ifndef DIOAUDIT_PHASES_H
#define DIOAUDIT_PHASES_H

#include <stdbool.h>

#include "ledger_abi.h"
#include "../state/ledger.h"

// Starts the clock and the fault counters of a process that has just attached.
void phases_begin(struct dioaudit_process *record);

// A call that may transfer begins. True if that ended setup. If the call moves no data, setup continues
// (phases_nothing_moved).
bool phases_transfer_begins(void);
void phases_nothing_moved(void);

// A transfer has moved its data. When its call is over, the warm-up may end.
void phases_transfer_done(void);
void phases_transfer_ended(void);

// Does what the host has said of the steady phase: before an event or a transfer is put down to a phase, and after a transfer.
void phases_follow_host(void);
static inline void phases_notice_host(void) {
    if (__builtin_expect(__atomic_load_n(ledger_told, __ATOMIC_ACQUIRE) != DIOAUDIT_TOLD_NOTHING, 0)) phases_follow_host();
}

// While no O_DIRECT file is open, the process is in a phase that is not judged.
void phases_last_file_closed(void);
void phases_first_file_opened(void);

// mlockall returned; `error` is its errno, 0 if it did what it was asked. munlockall did.
void phases_locked(int flags, int error);
void phases_unlocked(void);

// Whether the process, or a thread that names its own phases, is in a steady phase.
bool phases_is_any_steady(void);

// Exit has begun: all later events are teardown's.
void phases_exit(void);

// Takes the last edge of the process. Later calls are still counted, but nothing more is measured.
void phases_goodbye(void);

// The process is about to become another program or to end, with no further edge; and that failed.
void phases_may_leave(void);
void phases_stay(void);

// True until the program names its phases itself.
bool phases_automatic(void);

// "setup", "warmup", "steady" or "teardown" begins. The second is for the calling thread only; with null the thread follows
// the phases of its process again.
void phases_marker(const char *name);
void phases_thread_marker(const char *name);

// In a forked child: if the program names its phases itself, the child continues in its parent's phase, since it runs the same
// code. `own_phase` is the phase that the thread had named for itself.
void phases_inherit(uint32_t own_phase);

#endif
