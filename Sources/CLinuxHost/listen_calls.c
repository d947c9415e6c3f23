// System calls that map, unmap and lock.
#include <stddef.h>

#include "bpf_event.h"
#include "calls.h"
#include "clinux_trace.h"
#include "listen.h"

static int watched(enum abi abi, int numbers[EVENT_CALLS]) {
    int count = 0;
    for (int i = 0; i < calls_count; i++)
        if (calls[i].act < CL_EXECVE && calls[i].number[abi] >= 0) numbers[count++] = calls[i].number[abi];
    return count;
}

// Every system call of the machine runs this.
static void begin_call(struct bpf_text *text, const struct kernel_shape *shape) {
    bpf_move(text, BPF_REG_6, BPF_REG_1);
    bpf_load(text, BPF_DW, BPF_REG_7, BPF_REG_1, 8);
    event_only_calls(text, shape, watched);
    bpf_move(text, BPF_REG_1, BPF_REG_6);
}

// The first three arguments, which the two ABIs pass in different registers.
static void store_call_arguments(struct bpf_text *text, const struct kernel_shape *shape) {
    event_ask_abi(text, shape, BPF_REG_9);
    bpf_store(text, BPF_B, BPF_REG_7, offsetof(struct event_record, is_i386), BPF_REG_2);
    int native = bpf_jump(text, BPF_JEQ, BPF_REG_2, 0);
    event_store_pointee(text, 0, REGS_BX, BPF_W, event_number(1));
    event_store_pointee(text, 0, REGS_CX, BPF_W, event_number(2));
    event_store_pointee(text, 0, REGS_DX, BPF_W, event_number(3));
    int i386 = bpf_jump(text, BPF_JA, 0, 0);
    bpf_land(text, native);
    event_store_pointee(text, 0, REGS_DI, BPF_DW, event_number(1));
    event_store_pointee(text, 0, REGS_SI, BPF_DW, event_number(2));
    event_store_pointee(text, 0, REGS_DX, BPF_DW, event_number(3));
    bpf_land(text, i386);
}

static void store_break(struct bpf_text *text, const struct kernel_shape *shape) {
    bpf_set(text, BPF_REG_2, 0);
    if (shape->task_mm >= 0 && shape->mm_brk >= 0) {
        bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_9, shape->task_mm);
        int none = bpf_jump(text, BPF_JEQ, BPF_REG_1, 0);
        bpf_load(text, BPF_DW, BPF_REG_2, BPF_REG_1, shape->mm_brk);
        bpf_land(text, none);
    }
    bpf_store(text, BPF_DW, BPF_REG_7, event_number(4), BPF_REG_2);
}

// sys_enter(regs, id)
bool listen_calls(struct listener *listener) {
    const struct kernel_shape *shape = &listener->tree->shape;
    struct bpf_text text = {.count = 0};
    begin_call(&text, shape);
    event_begin(&text, listener, CL_CALL, EVENT_SHORT);
    event_store_argument(&text, 1, event_number(0));
    store_call_arguments(&text, shape);
    store_break(&text, shape);
    return event_end(&text, listener, shape->task_status < 0 ? 0 : shape->sys_enter, "raw_syscalls:sys_enter");
}
