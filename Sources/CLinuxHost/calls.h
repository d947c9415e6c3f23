// The watched system calls, by their numbers in the two ABIs: x86-64's, and i386's for 32-bit code and for `int $0x80` in any
// code. A number often means another call in the other ABI.
#ifndef CLINUX_CALLS_H
#define CLINUX_CALLS_H

#include <stdbool.h>
#include <stdint.h>

enum abi { ABI_X86_64, ABI_I386, ABIS };

enum { CALL_ARGUMENTS = 4 };  // those that are looked at

// A watched call, with one number of each ABI.
struct call {
    uint32_t act;      // enum cl_act
    int number[ABIS];  // -1: this entry is not for that ABI
    int length[ABIS];  // the index of the argument that is the length; -1: none
    // Of calls that do several things, those that are meant: whose argument's lower 32 bits are within these bounds, less the
    // bits that the mask leaves out. A mask of 0: all.
    struct {
        int argument;
        uint32_t mask, first, last;
    } asked;
};

extern const struct call calls[];
extern const int calls_count;

struct cl_trace_record;

// Null if the call is not watched.
const struct call *calls_find(enum abi abi, uint64_t number);

// Whether it is a watched call that is asked to do what is meant. The filters of seccomp and of BPF programs ask that themselves; perf's
// cannot.
bool calls_is_meant(enum abi abi, uint64_t number, const uint64_t arguments[CALL_ARGUMENTS]);

// Fills in a record of CL_CALL, of a call that is meant. False if it is not reported: not watched, exec, or a call that changes nothing.
bool calls_take(enum abi abi, uint64_t number, const uint64_t arguments[3], struct cl_trace_record *record);

#endif
