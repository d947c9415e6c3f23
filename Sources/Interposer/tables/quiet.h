// When a thread made no judged call, in setup and after its process had an O_DIRECT file. Where transfers pass the
// interposer, the steady phase is known afterwards alone, by the kernel's records: one within such a time has no judged call.
#ifndef DIOAUDIT_QUIET_H
#define DIOAUDIT_QUIET_H

#include "ledger_abi.h"

// A judged call of a thread is about to be made. `timed_from`: dioaudit_process.timed_from
void quiet_ends(struct dioaudit_quiet *quiet, uint64_t timed_from);

// Of two threads that share rows from now on: when both were quiet.
void quiet_fold(struct dioaudit_quiet *into, const struct dioaudit_quiet *from);

#endif
