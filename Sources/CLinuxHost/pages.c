#define _GNU_SOURCE
#include "pages.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "bpf_event.h"
#include "clinux_trace.h"

enum { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES };  // include/linux/mm_types_task.h
static const int kinds[] = {MM_FILEPAGES, MM_ANONPAGES, MM_SHMEMPAGES};
enum { KINDS = 3 };

// The part of each kind's counter that all CPUs share, to which the callback adds each CPU's.
struct counters {
    uint64_t sums[KINDS];
    uint64_t of_cpus[KINDS];  // what is to be added to where a CPU's own memory lies, as the kernel keeps such addresses
    uint64_t values;          // the same of the map's values
};

// A value of the map `cpus`. A BPF program may not reckon with an address, unless it has read it from memory.
struct address {
    uint64_t of_map;
    uint64_t of_value;  // of this one: so far behind `values` as any of the CPU's own memory
};

// Places on the stack.
enum { OWNER = PAGES_STACK, OWN_MEMORY = PAGES_STACK + 8, COUNTERS = PAGES_STACK + 16, MEMORY = -16, KEY = -24 };
enum { VALUES = COUNTERS + (int)offsetof(struct counters, values) };

static int at_sum(int kind) {
    return COUNTERS + (int)offsetof(struct counters, sums) + 8 * kind;
}

static int at_cpus(int kind) {
    return COUNTERS + (int)offsetof(struct counters, of_cpus) + 8 * kind;
}

// TRAP: only CPUs that can be have a part of their own, and the kernel does not check which do.
static int count_cpus(void) {
    int last = 0;
    char more = 0;
    FILE *file = fopen("/sys/devices/system/cpu/possible", "re");
    if (!file) return 0;
    int found = fscanf(file, "0-%d%c", &last, &more);
    fclose(file);
    return found == 2 && more == '\n' ? last + 1 : found == 0 || found == EOF ? 1 : 0;
}

static bool is_known(const struct kernel_shape *shape) {
    return shape->task_mm >= 0 && shape->mm_owner >= 0 && shape->mm_counters >= 0 && shape->counter_count >= 0 &&
           shape->counter_pointer >= 0 && shape->array_pointers >= 0 && shape->rss_stat && shape->task_minor >= 0 && shape->task_major >= 0;
}

// Reads 8 bytes or fewer of what the address at a place of the stack points to.
static void fetch(struct bpf_text *text, int to, int bytes, int address_at, int offset) {
    bpf_load(text, BPF_DW, BPF_REG_3, BPF_REG_10, address_at);
    event_fetch(text, to, bytes, BPF_REG_3, offset);
}

// Sets r7, and OWNER, to the number of the process whose memory it is; 0: nobody's any more, or nobody's yet.
//
// TRAP: fork fills the child's memory while the child has its parent's number still, and no memory (kernel/fork.c). Fixture:
// forks-much.c
static void find_owner(struct bpf_text *text, const struct kernel_shape *shape, int memory) {
    enum { OWNERS = COUNTERS };
    fetch(text, OWN_MEMORY, sizeof(uint64_t), memory, shape->mm_owner);
    fetch(text, OWNERS, sizeof(uint64_t), OWN_MEMORY, shape->task_mm);
    bpf_store_number(text, BPF_DW, BPF_REG_10, OWNER, 0);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_10, OWNERS);
    bpf_load(text, BPF_DW, BPF_REG_2, BPF_REG_10, memory);
    int nobodys = bpf_jump_by(text, BPF_JNE, BPF_REG_1, BPF_REG_2);
    fetch(text, OWNER, sizeof(uint32_t), OWN_MEMORY, shape->task_tgid);
    bpf_land(text, nobodys);
    bpf_load(text, BPF_DW, BPF_REG_7, BPF_REG_10, OWNER);
}

// The callback of bpf_loop, called with a CPU and a pointer to the counters.
void pages_append_callback(struct bpf_text *text, const struct listener *listener) {
    enum { OF_CPU = -8, FIRST = -16 };
    bpf_begin_callback(text);
    bpf_move(text, BPF_REG_6, BPF_REG_2);
    bpf_move(text, BPF_REG_3, BPF_REG_1);
    bpf_store_number(text, BPF_DW, BPF_REG_10, FIRST, 0);
    bpf_point(text, BPF_REG_1, listener->cpus);
    bpf_move(text, BPF_REG_2, BPF_REG_10);
    bpf_operate(text, BPF_ADD, BPF_REG_2, FIRST);
    bpf_call(text, BPF_FUNC_map_lookup_percpu_elem);
    int none = bpf_jump(text, BPF_JEQ, BPF_REG_0, 0);
    bpf_store(text, BPF_DW, BPF_REG_0, offsetof(struct address, of_value), BPF_REG_0);
    bpf_load(text, BPF_DW, BPF_REG_7, BPF_REG_0, offsetof(struct address, of_value));
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_6, offsetof(struct counters, values));
    bpf_operate_by(text, BPF_SUB, BPF_REG_7, BPF_REG_1);
    for (int kind = 0; kind < KINDS; kind++) {
        bpf_load(text, BPF_DW, BPF_REG_3, BPF_REG_6, (int)offsetof(struct counters, of_cpus) + 8 * kind);
        bpf_operate_by(text, BPF_ADD, BPF_REG_3, BPF_REG_7);
        event_fetch(text, OF_CPU, sizeof(int32_t), BPF_REG_3, 0);
        bpf_load(text, BPF_W, BPF_REG_1, BPF_REG_10, OF_CPU);
        bpf_operate(text, BPF_LSH, BPF_REG_1, 32);
        bpf_operate(text, BPF_ARSH, BPF_REG_1, 32);
        bpf_load(text, BPF_DW, BPF_REG_2, BPF_REG_6, (int)offsetof(struct counters, sums) + 8 * kind);
        bpf_operate_by(text, BPF_ADD, BPF_REG_2, BPF_REG_1);
        bpf_store(text, BPF_DW, BPF_REG_6, (int)offsetof(struct counters, sums) + 8 * kind, BPF_REG_2);
    }
    bpf_land(text, none);
    bpf_leave(text);
}

// Sets VALUES.
static void find_values(struct bpf_text *text, const struct listener *listener) {
    bpf_store_number(text, BPF_DW, BPF_REG_10, VALUES, 0);
    int none = bpf_look_up(text, listener->cpus, VALUES);
    bpf_point(text, BPF_REG_1, listener->cpus);
    bpf_store(text, BPF_DW, BPF_REG_0, offsetof(struct address, of_map), BPF_REG_1);
    bpf_load(text, BPF_DW, BPF_REG_3, BPF_REG_0, offsetof(struct address, of_map));
    event_fetch(text, VALUES, sizeof(uint64_t), BPF_REG_3, listener->tree->shape.array_pointers);
    bpf_land(text, none);
}

// The kernel adds a counter up only where it must be exact: each CPU keeps some pages to itself.
static void add_up(struct bpf_text *text, const struct listener *listener, int memory) {
    const struct kernel_shape *shape = &listener->tree->shape;
    for (int kind = 0; kind < KINDS; kind++) {
        int counter = shape->mm_counters + kinds[kind] * shape->counter_bytes;
        fetch(text, at_sum(kind), sizeof(uint64_t), memory, counter + shape->counter_count);
        fetch(text, at_cpus(kind), sizeof(uint64_t), memory, counter + shape->counter_pointer);
    }
    find_values(text, listener);
    bpf_set(text, BPF_REG_1, listener->possible_cpus);
    bpf_point_at_callback(text, BPF_REG_2);
    bpf_move(text, BPF_REG_3, BPF_REG_10);
    bpf_operate(text, BPF_ADD, BPF_REG_3, COUNTERS);
    bpf_set(text, BPF_REG_4, 0);
    bpf_call(text, BPF_FUNC_loop);
}

enum { IS_ANOTHERS = 1, IS_IN_EXEC = 2 };  // in the lowest bits of the memory's address

static void mark(struct bpf_text *text, int32_t bit) {
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_7, event_number(4));
    bpf_operate(text, BPF_OR, BPF_REG_1, bit);
    bpf_store(text, BPF_DW, BPF_REG_7, event_number(4), BPF_REG_1);
}

// R1 is the call's number.
static void mark_calls_of_exec(struct bpf_text *text, enum abi abi) {
    enum { MOST = 4 };
    int is_exec[MOST], count = 0;
    for (int i = 0; i < calls_count && count < MOST; i++)
        if (calls[i].act >= CL_EXECVE) is_exec[count++] = bpf_jump(text, BPF_JEQ, BPF_REG_1, calls[i].number[abi]);
    int other = bpf_jump(text, BPF_JA, 0, 0);
    while (count > 0) bpf_land(text, is_exec[--count]);
    mark(text, IS_IN_EXEC);
    bpf_land(text, other);
}

// TRAP: until exec is done, the kernel counts pages of the next program's arguments as the old memory's (acct_arg_size), which are the
// parent's if the child is one of vfork. Fixture: vforks-and-execs.c
static void mark_exec(struct bpf_text *text, const struct kernel_shape *shape) {
    bpf_move(text, BPF_REG_1, BPF_REG_9);
    bpf_call(text, BPF_FUNC_task_pt_regs);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_0, REGS_NUMBER);
    event_ask_abi(text, shape, BPF_REG_9);
    int i386 = bpf_jump(text, BPF_JNE, BPF_REG_2, 0);
    mark_calls_of_exec(text, ABI_X86_64);
    int marked = bpf_jump(text, BPF_JA, 0, 0);
    bpf_land(text, i386);
    mark_calls_of_exec(text, ABI_I386);
    bpf_land(text, marked);
}

// OWNER is known.
static void report(struct bpf_text *text, const struct listener *listener, int memory) {
    const struct kernel_shape *shape = &listener->tree->shape;
    add_up(text, listener, memory);
    event_fetch(text, OWN_MEMORY, sizeof(uint64_t), BPF_REG_9, shape->task_mm);
    event_open(text, listener, CL_PAGES, EVENT_SHORT);
    event_store_thread_alone(text, listener);
    for (int kind = 0; kind < KINDS; kind++) {
        bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_10, at_sum(kind));
        bpf_store(text, BPF_DW, BPF_REG_7, event_number(kind), BPF_REG_1);
    }
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_10, OWNER);
    bpf_store(text, BPF_DW, BPF_REG_7, event_number(3), BPF_REG_1);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_10, memory);
    bpf_load(text, BPF_DW, BPF_REG_2, BPF_REG_10, OWN_MEMORY);
    bpf_store(text, BPF_DW, BPF_REG_7, event_number(4), BPF_REG_1);
    int own = bpf_jump_by(text, BPF_JEQ, BPF_REG_1, BPF_REG_2);
    mark(text, IS_ANOTHERS);
    bpf_land(text, own);
    mark_exec(text, shape);
    event_hand_over(text, listener);
}

void pages_report(struct bpf_text *text, const struct listener *listener, int memory) {
    find_owner(text, &listener->tree->shape, memory);
    report(text, listener, memory);
}

static void only_if(struct bpf_text *text, int comparison, int reg, int32_t with) {
    int holds = bpf_jump(text, comparison, reg, with);
    bpf_leave(text);
    bpf_land(text, holds);
}

// rss_stat(mm, member), in whichever thread changes it.
static int attach(const struct listener *listener, char why[REFUSAL]) {
    struct bpf_text text = {.count = 0};
    bpf_move(&text, BPF_REG_6, BPF_REG_1);
    bpf_load(&text, BPF_DW, BPF_REG_1, BPF_REG_6, 8);
    only_if(&text, BPF_JNE, BPF_REG_1, MM_SWAPENTS);
    bpf_load(&text, BPF_DW, BPF_REG_1, BPF_REG_6, 0);
    bpf_store(&text, BPF_DW, BPF_REG_10, MEMORY, BPF_REG_1);
    find_owner(&text, &listener->tree->shape, MEMORY);
    process_tree_only_process(&text, listener->tree);
    bpf_load(&text, BPF_DW, BPF_REG_1, BPF_REG_10, OWNER);
    int none = event_find_ends(&text, listener, BPF_REG_1, KEY);
    bpf_load(&text, BPF_DW, BPF_REG_1, BPF_REG_0, 0);
    only_if(&text, BPF_JNE, BPF_REG_1, 0);
    bpf_call(&text, BPF_FUNC_get_current_task_btf);
    bpf_move(&text, BPF_REG_9, BPF_REG_0);
    report(&text, listener, MEMORY);
    bpf_land(&text, none);
    bpf_leave(&text);
    pages_append_callback(&text, listener);
    return process_tree_attach(&text, listener->tree->shape.rss_stat, "kmem:rss_stat", why);
}

void listen_pages(struct listener *listener) {
    char *why = listener->why_no_pages;
    listener->possible_cpus = count_cpus();
    if (!is_known(&listener->tree->shape) || listener->possible_cpus == 0) {
        snprintf(why, REFUSAL, "this kernel keeps its counters of resident pages in another shape, as before Linux 6.2");
        return;
    }
    int map = bpf_map(BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(uint32_t), sizeof(struct address), 1, 0);
    if (map < 0) snprintf(why, REFUSAL, "a map: %s", strerror(errno));
    if (map < 0) return;
    listener->cpus = map;
    int attached = attach(listener, why);
    if (attached >= 0) listener->attached[listener->count++] = attached;
}
