#define _GNU_SOURCE
#include "dispatcher.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { NUMBERS = 512, TABLE = ABIS * NUMBERS };  // a power of two above the highest number of a watched call
enum { WATCHER = -16 };                          // on the BPF program's stack, below that of process_tree.h
_Static_assert(TS_COMPAT << 8 == NUMBERS, "the bit that shows the ABI becomes the table's second half");

void dispatcher_load_number(struct bpf_text *text, const struct dispatcher *dispatcher, int to) {
    bpf_load(text, BPF_DW, to, BPF_REG_6, dispatcher->end == AT_EXIT ? 0 : 8);  // sys_enter(regs, id), sys_exit(regs, ret)
    if (dispatcher->end == AT_EXIT) bpf_load(text, BPF_DW, to, to, REGS_NUMBER);
}

void dispatcher_begin_watcher(struct bpf_text *text) {
    bpf_move(text, BPF_REG_6, BPF_REG_1);
    bpf_call(text, BPF_FUNC_get_current_task_btf);
    bpf_move(text, BPF_REG_9, BPF_REG_0);
}

// Sets r7 to the place in the table. Every system call of the machine runs this.
static void find_place(struct bpf_text *text, const struct dispatcher *dispatcher) {
    dispatcher_load_number(text, dispatcher, BPF_REG_7);
    int known = bpf_jump(text, BPF_JLT, BPF_REG_7, NUMBERS);
    bpf_leave(text);
    bpf_land(text, known);
    bpf_load(text, BPF_W, BPF_REG_1, BPF_REG_9, dispatcher->tree->shape.task_status);
    bpf_operate(text, BPF_AND, BPF_REG_1, TS_COMPAT);
    bpf_operate(text, BPF_LSH, BPF_REG_1, 8);
    bpf_operate_by(text, BPF_OR, BPF_REG_7, BPF_REG_1);
    bpf_operate(text, BPF_AND, BPF_REG_7, TABLE - 1);
}

static uint32_t tracepoint(const struct dispatcher *dispatcher) {
    const struct kernel_shape *shape = &dispatcher->tree->shape;
    return shape->task_status < 0 ? 0 : dispatcher->end == AT_EXIT ? shape->sys_exit : shape->sys_enter;
}

static bool has_watchers(const struct dispatcher *dispatcher) {
    for (int i = 0; i < TABLE; i++)
        if (dispatcher->of[i] != NO_WATCHER) return true;
    return false;
}

bool dispatcher_attach(struct dispatcher *dispatcher, char why[REFUSAL]) {
    static const char *const names[CALL_ENDS] = {"raw_syscalls:sys_enter", "raw_syscalls:sys_exit"};
    if (!has_watchers(dispatcher)) return true;
    struct bpf_text text = {.count = 0};
    dispatcher_begin_watcher(&text);
    find_place(&text, dispatcher);
    bpf_point_into(&text, BPF_REG_1, dispatcher->table);
    bpf_operate_by(&text, BPF_ADD, BPF_REG_1, BPF_REG_7);
    bpf_load(&text, BPF_B, BPF_REG_1, BPF_REG_1, 0);
    int watched = bpf_jump(&text, BPF_JNE, BPF_REG_1, NO_WATCHER);
    bpf_leave(&text);
    bpf_land(&text, watched);
    bpf_store(&text, BPF_DW, BPF_REG_10, WATCHER, BPF_REG_1);
    process_tree_only(&text, dispatcher->tree);
    bpf_move(&text, BPF_REG_1, BPF_REG_6);
    bpf_point(&text, BPF_REG_2, dispatcher->watchers);
    bpf_load(&text, BPF_DW, BPF_REG_3, BPF_REG_10, WATCHER);
    bpf_call(&text, BPF_FUNC_tail_call);
    bpf_leave(&text);
    dispatcher->attached = process_tree_attach(&text, tracepoint(dispatcher), names[dispatcher->end], why);
    return dispatcher->attached >= 0;
}

static bool make_maps(struct dispatcher *dispatcher) {
    dispatcher->table = bpf_map(BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), TABLE, 1, BPF_F_MMAPABLE);
    if (dispatcher->table < 0) return false;
    void *of = mmap(NULL, TABLE, PROT_READ | PROT_WRITE, MAP_SHARED, dispatcher->table, 0);
    if (of == MAP_FAILED) return false;
    dispatcher->of = of;
    dispatcher->watchers = bpf_map(BPF_MAP_TYPE_PROG_ARRAY, sizeof(uint32_t), sizeof(uint32_t), WATCHERS, 0);
    return dispatcher->watchers >= 0;
}

bool dispatcher_begin(struct dispatcher *dispatcher, const struct process_tree *tree, enum call_end end, char why[REFUSAL]) {
    *dispatcher = (struct dispatcher){.tree = tree, .end = end, .table = -1, .watchers = -1, .attached = -1};
    bool made = make_maps(dispatcher);
    int error = errno;
    if (!made) snprintf(why, REFUSAL, "a table of system calls: %s", strerror(error));
    errno = error;
    return made;
}

void dispatcher_end(struct dispatcher *dispatcher) {
    if (!dispatcher->tree) return;
    if (dispatcher->attached >= 0) close(dispatcher->attached);
    if (dispatcher->watchers >= 0) close(dispatcher->watchers);
    if (dispatcher->of) munmap(dispatcher->of, TABLE);
    if (dispatcher->table >= 0) close(dispatcher->table);
    *dispatcher = (struct dispatcher){0};
}

bool dispatcher_load(struct dispatcher *dispatcher, enum watcher watcher, const struct bpf_text *text, const char *name,
                     char why[REFUSAL]) {
    int program = process_tree_load(text, tracepoint(dispatcher), name, why);
    if (program < 0) return false;
    bool added = bpf_set_program(dispatcher->watchers, watcher, program);
    int error = errno;
    if (!added) snprintf(why, REFUSAL, "%s: %s", name, strerror(error));
    close(program);
    errno = error;
    return added;
}

void dispatcher_watch(struct dispatcher *dispatcher, enum watcher watcher, enum abi abi, int number) {
    if (number >= 0 && number < NUMBERS) dispatcher->of[abi * NUMBERS + number] = (uint8_t)watcher;
}

void dispatcher_forget(struct dispatcher *dispatcher, enum watcher watcher) {
    for (int i = 0; dispatcher->of && i < TABLE; i++)
        if (dispatcher->of[i] == watcher) dispatcher->of[i] = NO_WATCHER;
}
