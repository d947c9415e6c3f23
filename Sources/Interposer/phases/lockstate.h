// The state of this process's memory lock at the steady point, as the kernel reports it.
#ifndef DIOAUDIT_LOCKSTATE_H
#define DIOAUDIT_LOCKSTATE_H

#include "ledger_abi.h"

// Fills locked_bytes, unlocked_mappings, io_flusher, new_mappings and lock_flags_at_steady. Call under the phase lock: it
// reads /proc into memory of its own, since a page of somebody else's stack might fault.
void lockstate_observe(struct dioaudit_process *record);

// Whether MCL_FUTURE is in effect still, if it should be: sets new_mappings by a mapping of its own, which it takes away again.
void lockstate_confirm(struct dioaudit_process *record);

// Size of the address space (VmSize): what mlockall(MCL_CURRENT) must be allowed to lock. Under the same lock.
uint64_t lockstate_address_space(void);

// 1 + the soft RLIMIT_MEMLOCK; 0: not known; UINT64_MAX: there is none.
uint64_t lockstate_limit(void);

#endif
