// The system calls that may move data of an O_DIRECT file, by their numbers in the two ABIs.
#ifndef CLINUX_MOVERS_H
#define CLINUX_MOVERS_H

#include <stdbool.h>
#include <stdint.h>

#include "calls.h"

struct mover {
    uint32_t move;     // enum cl_move
    int number[ABIS];  // -1: this entry is not for that ABI
    uint8_t reads;     // the index of the argument that is the descriptor read from; NO_FILE: none
    uint8_t writes;    // the same, written to
    bool has_length;   // its third argument is the length, which it returns if it did all
};

enum { NO_FILE = 0xff };

extern const struct mover movers[];
extern const int movers_count;

// Null if the call moves no data.
const struct mover *movers_find(enum abi abi, uint64_t number);

// Whether a request of io_uring's (IORING_OP_…) writes to its file; else it reads.
bool movers_request_writes(uint64_t opcode);

enum { MOVERS_REQUESTS = 10, MOVERS_UNKNOWN_REQUEST = 0xff };
// Those that move data.
extern const uint8_t movers_requests[MOVERS_REQUESTS];

#endif
