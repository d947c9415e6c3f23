// System calls that map, unmap and lock.
#include <stddef.h>
#include <sys/syscall.h>

#include "bpf_event.h"
#include "calls.h"
#include "clinux_trace.h"
#include "listen.h"

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

// Returns unless the call is asked to do what is meant, which is one value.
static void only_meant(struct bpf_text *text, const struct kernel_shape *shape, const struct call *call) {
    static const int registers[ABIS][CALL_ARGUMENTS] = {{REGS_DI, REGS_SI, REGS_DX, REGS_R10}, {REGS_BX, REGS_CX, REGS_DX, REGS_SI}};
    int argument = call->asked.argument;
    event_ask_abi(text, shape, BPF_REG_9);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_6, 0);
    int native = bpf_jump(text, BPF_JEQ, BPF_REG_2, 0);
    bpf_load(text, BPF_W, BPF_REG_1, BPF_REG_1, registers[ABI_I386][argument]);
    int i386 = bpf_jump(text, BPF_JA, 0, 0);
    bpf_land(text, native);
    bpf_load(text, BPF_W, BPF_REG_1, BPF_REG_1, registers[ABI_X86_64][argument]);
    bpf_land(text, i386);
    int meant = bpf_jump(text, BPF_JEQ, BPF_REG_1, (int32_t)call->asked.first);
    bpf_leave(text);
    bpf_land(text, meant);
}

// sys_enter(regs, id). Those that give advice are apart: some allocators call madvise often, and with an advice that is not meant it
// is to cost no record.
static bool watch(struct listener *listener, enum watcher watcher, const struct call *advice, const char *name) {
    const struct kernel_shape *shape = &listener->tree->shape;
    struct bpf_text text = {.count = 0};
    dispatcher_begin_watcher(&text);
    if (advice) only_meant(&text, shape, advice);
    event_open(&text, listener, CL_CALL, EVENT_SHORT);
    event_store_thread(&text, listener);
    event_store_argument(&text, 1, event_number(0));
    store_call_arguments(&text, shape);
    if (advice)
        bpf_store_number(&text, BPF_DW, BPF_REG_7, event_number(1 + advice->asked.argument), (int32_t)advice->asked.first);
    else
        store_break(&text, shape);
    event_submit(&text, listener);
    return event_watch(&text, listener, AT_ENTER, watcher, name);
}

static enum watcher watcher_of(const struct call *call) {
    if (call->act != CL_COLLAPSE) return WATCHES_MAPPING;
    return call->number[ABI_X86_64] == SYS_madvise ? WATCHES_ADVICE : WATCHES_ADVICE_TO;
}

bool listen_calls(struct listener *listener) {
    const struct call *advice = calls_find(ABI_X86_64, SYS_madvise), *to = calls_find(ABI_X86_64, SYS_process_madvise);
    if (!watch(listener, WATCHES_MAPPING, NULL, "raw_syscalls:sys_enter of mappings")) return false;
    if (!watch(listener, WATCHES_ADVICE, advice, "raw_syscalls:sys_enter of madvise")) return false;
    if (!watch(listener, WATCHES_ADVICE_TO, to, "raw_syscalls:sys_enter of process_madvise")) return false;
    for (int i = 0; i < calls_count; i++)
        for (int abi = 0; abi < ABIS; abi++)
            if (calls[i].act < CL_EXECVE) dispatcher_watch(listener->at[AT_ENTER], watcher_of(&calls[i]), abi, calls[i].number[abi]);
    return true;
}
