// The fields that perf's records have: trace.c asks perf for them, and trace_decode.c reads them.
#ifndef CLINUX_TRACE_LAYOUT_H
#define CLINUX_TRACE_LAYOUT_H

#include <asm/perf_regs.h>
#include <linux/perf_event.h>

#include "clinux_trace.h"

#define TRACE_SAMPLE \
    (PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR | PERF_SAMPLE_RAW | PERF_SAMPLE_REGS_USER)

enum { TRACE_CALLER = 8, TRACE_STACK = 4096 };

// The user registers in a record, which has them in the order of their numbers.
static inline uint64_t trace_registers(const struct cl_trace_layout *layout) {
    uint64_t registers = 1u << PERF_REG_X86_SP | 1u << PERF_REG_X86_IP;
    // The first three arguments of a function that is about to begin; also of a system call of 64-bit code.
    if (layout->probes || layout->calls) registers |= 1u << PERF_REG_X86_DI | 1u << PERF_REG_X86_SI | 1u << PERF_REG_X86_DX;
    if (layout->calls) registers |= 1u << PERF_REG_X86_BX | 1u << PERF_REG_X86_CX;  // and of one of 32-bit code
    if (layout->stacks) registers |= 1u << PERF_REG_X86_BP;
    return registers;
}

// The bytes of the user stack in a record. At a function's entry, the top of the stack is its return address.
static inline uint32_t trace_stack(const struct cl_trace_layout *layout) {
    return layout->stacks ? TRACE_STACK : layout->probes ? TRACE_CALLER : 0;
}

// Without the tracepoint, perf's own records of mappings stand for calls.
static inline bool trace_has_mappings_for_calls(const struct cl_trace_layout *layout) {
    return layout->calls && layout->count > 0 && layout->points[0].kind == CL_MAPPED;
}

#endif
