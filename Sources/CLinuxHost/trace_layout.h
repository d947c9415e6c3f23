// What is asked of perf, and so what its records hold: trace.c asks, trace_decode.c reads.
#ifndef CLINUX_TRACE_LAYOUT_H
#define CLINUX_TRACE_LAYOUT_H

#include <asm/perf_regs.h>
#include <linux/perf_event.h>

#define TRACE_SAMPLE \
    (PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_ADDR | PERF_SAMPLE_RAW | PERF_SAMPLE_REGS_USER)
#define TRACE_REGISTERS (1u << PERF_REG_X86_SP | 1u << PERF_REG_X86_IP)  // come in this order

// With probes also the first three arguments of a function that is about to begin, and what lies on its stack then: the
// address that it returns to. The third argument's register comes first in a record.
#define TRACE_ARGUMENTS (1u << PERF_REG_X86_DX | 1u << PERF_REG_X86_SI | 1u << PERF_REG_X86_DI)
enum { TRACE_CALLER = 8 };

// With stacks also what it takes to walk the user's: the frame pointer, before the two registers above, and the top.
#define TRACE_FRAME_POINTER (1u << PERF_REG_X86_BP)
enum { TRACE_STACK = 4096 };

#endif
