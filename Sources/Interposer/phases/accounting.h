// The kernel's own accounting of the process's disk I/O, by phase: the second witness of its transfers. A transfer that the
// interposer does not see is accounted, too, whoever asks for it (direct system calls, io_uring's threads, libc's internal names).
// So is buffered I/O that reaches a disk, or that makes pages dirty.
#ifndef DIOAUDIT_ACCOUNTING_H
#define DIOAUDIT_ACCOUNTING_H

#include "../base/system.h"
#include "../state/context.h"
#include "../tables/direct_files.h"
#include "ledger_abi.h"

// The process begins to be measured; its first steady phase begins; and it leaves a phase. All under the phase-transition lock but
// the first.
void accounting_begin(struct dioaudit_process *record);
void accounting_steady_begins(struct dioaudit_process *record);
void accounting_take_edge(struct dioaudit_process *record, uint32_t from);

// The process has an O_DIRECT file and no transfer of it was seen; and that is over.
void accounting_unseen_begins(struct dioaudit_process *record);
void accounting_unseen_ends(struct dioaudit_process *record);

// The I/O of a phase of the process, or null if it is none that is looked at.
static inline struct dioaudit_balance *accounting_of(struct dioaudit_process *record, uint32_t phase) {
    if (phase == DIOAUDIT_PHASE_STEADY) return &record->steady_io;
    return phase == DIOAUDIT_PHASE_WARMUP ? &record->warmup_io : NULL;
}

// A call read or wrote, on any descriptor.
static inline void accounting_called(enum direction direction, long result) {
    if (result > 0 && process.phase) add_shared(&process.record->called.bytes[direction], (uint64_t)result);
}

#endif
