// Surrounds each call that may transfer: finds its phase, and counts its transfers.
#ifndef DIOAUDIT_TRANSFERS_H
#define DIOAUDIT_TRANSFERS_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger_abi.h"
#include "../tables/direct_files.h"

// One call that may transfer, on the stack of the function that makes it.
struct transfer_call {
    uint32_t phase;                 // of the process when the call began
    bool began_warmup;              // it ended setup; undone if it moves no data
    bool moved;                     // at least one transfer was done
    bool counts_faults;             // it is a warm-up transfer in the steady phase: its page faults count in warm-up
    struct dioaudit_faults faults;
    uint64_t began;                 // CLOCK_MONOTONIC, if it counts faults
    uintptr_t outer_warmup_frame;   // of a transfer that a signal interrupted
    uint64_t outer_ordinal;
    uint32_t jumps;                 // of the thread when the call began
    struct dioaudit_process *record;  // of the process that made the call
};

// Around the call, however many transfers it makes, in a process that is attached. `transfers`: it may make at least one,
// which ends setup. `warmup`: at least one is a file's warm-up.
void transfers_begin(struct transfer_call *call, bool transfers, bool warmup);
void transfers_end(struct transfer_call *call);

// Around each transfer in the call. The first returns whether the transfer is the file's warm-up.
bool transfer_begins(struct direct_file *file, enum direction direction);
void transfer_done(struct transfer_call *call, struct direct_file *file, enum direction direction, uint64_t bytes);
void transfer_failed(struct direct_file *file, enum direction direction);

// An fsync or its like on an O_DIRECT file: counted, but no transfer.
void transfers_count_sync(void);

#endif
