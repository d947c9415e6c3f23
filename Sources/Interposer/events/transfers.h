// Surrounds each call that may transfer: finds its phase, and counts its transfers.
#ifndef DIOAUDIT_TRANSFERS_H
#define DIOAUDIT_TRANSFERS_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger_abi.h"
#include "../tables/direct_files.h"

// One call that may transfer, on the stack of the function that makes it.
struct transfer_call {
    uint32_t phase;                 // of the thread when the call began
    uint32_t process_phase;         // of the process then, and when that phase began
    uint64_t edge;
    bool is_asynchronous;           // the kernel may move its data after the call
    uint64_t asked[DIRECTIONS];     // bytes that its transfers are to move, as far as is known before
    uint64_t bytes[DIRECTIONS];     // bytes that they have moved
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

// What a call is about to do.
struct transfer_plan {
    bool transfers;               // it may make at least one, which ends setup
    bool warmup;                  // at least one is a file's warm-up
    bool is_asynchronous;
    uint64_t asked[DIRECTIONS];
};

// Around the call, however many transfers it makes, in a process that is attached.
void transfers_begin(struct transfer_call *call, struct transfer_plan plan);
void transfers_end(struct transfer_call *call);

// Around each transfer in the call. The first returns whether the transfer is the file's warm-up.
bool transfer_begins(struct direct_file *file, enum direction direction);
void transfer_done(struct transfer_call *call, struct direct_file *file, enum direction direction, uint64_t bytes);
// The other file of a call that moves data from one to another: the call is one transfer, which the file that it writes has.
void transfer_reads_too(struct transfer_call *call, struct direct_file *file, uint64_t bytes);
void transfer_failed(struct direct_file *file, enum direction direction);

// An fsync or its like on an O_DIRECT file: counted, but no transfer.
void transfers_count_sync(void);

#endif
