// System calls that map, unmap and lock.
#include <stddef.h>

#include "bpf_event.h"
#include "calls.h"
#include "clinux_trace.h"
#include "listen.h"

// Where struct pt_regs has the arguments, which the two ABIs pass in different registers.
static const int registers[ABIS][CALL_ARGUMENTS] = {
    [ABI_X86_64] = {REGS_DI, REGS_SI, REGS_DX, REGS_R10},
    [ABI_I386] = {REGS_BX, REGS_CX, REGS_DX, REGS_SI},
};

// Returns if it is this call, and asked to do something else than what is meant. r2: as event_ask_abi leaves it.
static void leave_unless_meant(struct bpf_text *text, const struct call *call, enum abi abi) {
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_6, 8);
    int other = bpf_jump(text, BPF_JNE, BPF_REG_1, call->number[abi]);
    int other_abi = bpf_jump(text, abi == ABI_I386 ? BPF_JEQ : BPF_JNE, BPF_REG_2, 0);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_6, 0);
    bpf_load(text, BPF_W, BPF_REG_1, BPF_REG_1, registers[abi][call->asked.argument]);
    bpf_operate(text, BPF_AND, BPF_REG_1, (int32_t)call->asked.mask);
    int below = bpf_jump(text, BPF_JLT, BPF_REG_1, (int32_t)call->asked.first);
    int meant = bpf_jump(text, BPF_JLE, BPF_REG_1, (int32_t)call->asked.last);
    bpf_land(text, below);
    bpf_leave(text);
    bpf_land(text, meant);
    bpf_land(text, other_abi);
    bpf_land(text, other);
}

static void only_meant(struct bpf_text *text, const struct kernel_shape *shape) {
    event_ask_abi(text, shape, BPF_REG_9);
    for (int i = 0; i < calls_count; i++)
        for (enum abi abi = 0; abi < ABIS; abi++)
            if (calls[i].asked.mask && calls[i].number[abi] >= 0) leave_unless_meant(text, &calls[i], abi);
}

// The first three.
static void store_call_arguments(struct bpf_text *text, const struct kernel_shape *shape) {
    event_ask_abi(text, shape, BPF_REG_9);
    bpf_store(text, BPF_B, BPF_REG_7, offsetof(struct event_record, is_i386), BPF_REG_2);
    int native = bpf_jump(text, BPF_JEQ, BPF_REG_2, 0);
    for (int i = 0; i < 3; i++) event_store_pointee(text, 0, registers[ABI_I386][i], BPF_W, event_number(i + 1));
    int i386 = bpf_jump(text, BPF_JA, 0, 0);
    bpf_land(text, native);
    for (int i = 0; i < 3; i++) event_store_pointee(text, 0, registers[ABI_X86_64][i], BPF_DW, event_number(i + 1));
    bpf_land(text, i386);
}

// 0 if this kernel does not say.
static void store_break(struct bpf_text *text, const struct kernel_shape *shape) {
    enum { MEMORY = -8, BREAK = -16 };
    if (shape->task_mm < 0 || shape->mm_brk < 0) return;
    event_fetch(text, MEMORY, sizeof(uint64_t), BPF_REG_9, shape->task_mm);
    bpf_load(text, BPF_DW, BPF_REG_3, BPF_REG_10, MEMORY);
    event_fetch(text, BREAK, sizeof(uint64_t), BPF_REG_3, shape->mm_brk);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_10, BREAK);
    bpf_store(text, BPF_DW, BPF_REG_7, event_number(4), BPF_REG_1);
}

// sys_enter(regs, id). Some allocators call madvise often: with an advice that is not meant it is to cost no record.
bool listen_calls(struct listener *listener) {
    const struct kernel_shape *shape = &listener->tree->shape;
    struct bpf_text text = {.count = 0};
    dispatcher_begin_watcher(&text);
    only_meant(&text, shape);
    event_open(&text, listener, CL_CALL, EVENT_SHORT);
    event_store_thread(&text, listener);
    event_store_argument(&text, 1, event_number(0));
    store_call_arguments(&text, shape);
    store_break(&text, shape);
    event_submit(&text, listener);
    if (!event_watch(&text, listener, AT_ENTER, WATCHES_MAPPING, "raw_syscalls:sys_enter of mappings")) return false;
    for (int i = 0; i < calls_count; i++)
        for (int abi = 0; abi < ABIS; abi++)
            if (calls[i].act < CL_EXECVE) dispatcher_watch(listener->at[AT_ENTER], WATCHES_MAPPING, abi, calls[i].number[abi]);
    return true;
}
