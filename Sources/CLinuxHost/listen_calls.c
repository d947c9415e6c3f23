// System calls that map, unmap and lock.
#include <stddef.h>

#include "bpf_event.h"
#include "calls.h"
#include "clinux_trace.h"
#include "listen.h"

enum { TS_COMPAT = 2 };  // arch/x86/include/asm/thread_info.h: the current system call is by the i386 ABI

// Returns unless the number in r7 is that of a watched call.
static void watched_only(struct bpf_text *text, enum abi abi) {
    int wanted[32], count = 0;
    for (int i = 0; i < calls_count; i++)
        if (calls[i].act < CL_EXECVE && calls[i].number[abi] >= 0)
            wanted[count++] = bpf_jump(text, BPF_JEQ, BPF_REG_7, calls[i].number[abi]);
    bpf_leave(text);
    while (count > 0) bpf_land(text, wanted[--count]);
}

// r2 is nonzero if the thread whose task_struct is in `task` makes a system call by the i386 ABI.
static void ask_abi(struct bpf_text *text, const struct kernel_shape *shape, int task) {
    bpf_load(text, BPF_W, BPF_REG_2, task, shape->task_status);
    bpf_operate(text, BPF_AND, BPF_REG_2, TS_COMPAT);
}

// Returns at once unless the call is watched, since every system call of the machine runs this.
static void begin_call(struct bpf_text *text, const struct kernel_shape *shape) {
    bpf_move(text, BPF_REG_6, BPF_REG_1);
    bpf_load(text, BPF_DW, BPF_REG_7, BPF_REG_1, 8);
    bpf_call(text, BPF_FUNC_get_current_task_btf);
    ask_abi(text, shape, BPF_REG_0);
    int native = bpf_jump(text, BPF_JEQ, BPF_REG_2, 0);
    watched_only(text, ABI_I386);
    int i386 = bpf_jump(text, BPF_JA, 0, 0);
    bpf_land(text, native);
    watched_only(text, ABI_X86_64);
    bpf_land(text, i386);
    bpf_move(text, BPF_REG_1, BPF_REG_6);
}

// The first three arguments, which the two ABIs pass in different registers.
static void store_call_arguments(struct bpf_text *text, const struct kernel_shape *shape) {
    enum { DI = 14 * 8, SI = 13 * 8, DX = 12 * 8, CX = 11 * 8, BX = 5 * 8 };  // struct pt_regs
    ask_abi(text, shape, BPF_REG_9);
    bpf_store(text, BPF_B, BPF_REG_7, offsetof(struct event_record, is_i386), BPF_REG_2);
    int native = bpf_jump(text, BPF_JEQ, BPF_REG_2, 0);
    event_store_pointee(text, 0, BX, BPF_W, event_number(1));
    event_store_pointee(text, 0, CX, BPF_W, event_number(2));
    event_store_pointee(text, 0, DX, BPF_W, event_number(3));
    int i386 = bpf_jump(text, BPF_JA, 0, 0);
    bpf_land(text, native);
    event_store_pointee(text, 0, DI, BPF_DW, event_number(1));
    event_store_pointee(text, 0, SI, BPF_DW, event_number(2));
    event_store_pointee(text, 0, DX, BPF_DW, event_number(3));
    bpf_land(text, i386);
}

// sys_enter(regs, id)
bool listen_calls(struct listener *listener) {
    const struct kernel_shape *shape = &listener->tree->shape;
    struct bpf_text text = {.count = 0};
    begin_call(&text, shape);
    event_begin(&text, listener, CL_CALL, EVENT_SHORT);
    event_store_argument(&text, 1, event_number(0));
    store_call_arguments(&text, shape);
    return event_end(&text, listener, shape->task_status < 0 ? 0 : shape->sys_enter, "raw_syscalls:sys_enter");
}
