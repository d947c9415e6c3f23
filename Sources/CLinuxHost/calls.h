// The system calls that are watched, by the number that each of the machine's two ABIs has for them: x86-64's, and i386's for
// 32-bit code and for `int $0x80` in any code. Many a number is another call's in the other ABI.
#ifndef CLINUX_CALLS_H
#define CLINUX_CALLS_H

#include <stdbool.h>
#include <stdint.h>

enum abi { ABI_X86_64, ABI_I386, ABIS };

// One of them, under one number of each ABI.
struct call {
    uint32_t act;      // enum cl_act
    int number[ABIS];  // -1: this ABI has none, or the entry is the other's
    int length[ABIS];  // which of the arguments names a length; -1: none
};

extern const struct call calls[];
extern const int calls_count;

struct cl_trace_record;

// Null if it is none of them.
const struct call *calls_find(enum abi abi, uint64_t number);

// Fills in a record of CL_CALL. False if it is none to be told: exec, or one that does nothing.
bool calls_take(enum abi abi, uint64_t number, const uint64_t arguments[3], struct cl_trace_record *record);

#endif
