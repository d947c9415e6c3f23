#include "bpf_event.h"

#include "clinux_trace.h"

void event_count_loss(struct bpf_text *text, const struct listener *listener) {
    bpf_point_into(text, BPF_REG_1, listener->losses);
    bpf_set(text, BPF_REG_2, 1);
    bpf_atomically(text, BPF_ADD, BPF_REG_1, 0, BPF_REG_2);
}

static void make_room(struct bpf_text *text, const struct listener *listener, int32_t bytes) {
    bpf_point(text, BPF_REG_1, listener->ring);
    bpf_set(text, BPF_REG_2, bytes);
    bpf_set(text, BPF_REG_3, 0);
    bpf_call(text, BPF_FUNC_ringbuf_reserve);
    int room = bpf_jump(text, BPF_JNE, BPF_REG_0, 0);
    event_count_loss(text, listener);
    bpf_leave(text);
    bpf_land(text, room);
    bpf_move(text, BPF_REG_7, BPF_REG_0);
}

// An interrupt of kernel code has a stack of its own. The thread's kernel stack holds the user registers at its top and,
// further down, the arguments of a tracepoint that the thread itself reached. So arguments that lie elsewhere are an
// interrupt's. An interrupt of user code runs on the thread's stack, and its events count as the thread's.
static void store_user_state(struct bpf_text *text) {
    bpf_move(text, BPF_REG_1, BPF_REG_9);
    bpf_call(text, BPF_FUNC_task_pt_regs);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_0, REGS_IP);
    bpf_store(text, BPF_DW, BPF_REG_7, offsetof(struct event_record, user_ip), BPF_REG_1);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_0, REGS_SP);
    bpf_store(text, BPF_DW, BPF_REG_7, offsetof(struct event_record, user_sp), BPF_REG_1);
    bpf_operate_by(text, BPF_SUB, BPF_REG_0, BPF_REG_6);
    int own = bpf_jump(text, BPF_JLT, BPF_REG_0, KERNEL_STACK);
    bpf_store_number(text, BPF_B, BPF_REG_7, offsetof(struct event_record, in_interrupt), 1);
    bpf_land(text, own);
}

void event_store_faults(struct bpf_text *text) {
    bpf_operate_by(text, BPF_ADD, BPF_REG_1, BPF_REG_2);
    bpf_operate(text, BPF_ADD, BPF_REG_1, 1);
    bpf_store(text, BPF_DW, BPF_REG_7, offsetof(struct event_record, faults), BPF_REG_1);
}

void event_store_thread_alone(struct bpf_text *text, const struct listener *listener) {
    const struct kernel_shape *shape = &listener->tree->shape;
    bpf_load(text, BPF_W, BPF_REG_1, BPF_REG_9, shape->task_pid);
    bpf_store(text, BPF_W, BPF_REG_7, offsetof(struct event_record, tid), BPF_REG_1);
    bpf_load(text, BPF_W, BPF_REG_1, BPF_REG_9, shape->task_tgid);
    bpf_store(text, BPF_W, BPF_REG_7, offsetof(struct event_record, pid), BPF_REG_1);
    if (shape->task_minor < 0 || shape->task_major < 0) return;
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_9, shape->task_minor);
    bpf_load(text, BPF_DW, BPF_REG_2, BPF_REG_9, shape->task_major);
    event_store_faults(text);
}

static void fetch(struct bpf_text *text, int function, int to, int bytes, int address, int offset) {
    if (address != BPF_REG_3) bpf_move(text, BPF_REG_3, address);
    if (offset) bpf_operate(text, BPF_ADD, BPF_REG_3, offset);
    bpf_move(text, BPF_REG_1, BPF_REG_10);
    bpf_operate(text, BPF_ADD, BPF_REG_1, to);
    bpf_set(text, BPF_REG_2, bytes);
    bpf_call(text, function);
}

void event_fetch(struct bpf_text *text, int to, int bytes, int address, int offset) {
    fetch(text, BPF_FUNC_probe_read_kernel, to, bytes, address, offset);
}

void event_fetch_user(struct bpf_text *text, int to, int bytes, int address, int offset) {
    fetch(text, BPF_FUNC_probe_read_user, to, bytes, address, offset);
}

void event_ask_abi(struct bpf_text *text, const struct kernel_shape *shape, int task) {
    bpf_load(text, BPF_W, BPF_REG_2, task, shape->task_status);
    bpf_operate(text, BPF_AND, BPF_REG_2, TS_COMPAT);
}

void event_open(struct bpf_text *text, const struct listener *listener, uint32_t kind, int32_t bytes) {
    make_room(text, listener, bytes);
    bpf_store_number(text, BPF_DW, BPF_REG_7, 0, (int32_t)kind);
    for (int i = 0; i < 5; i++) bpf_store_number(text, BPF_DW, BPF_REG_7, event_number(i), 0);
    bpf_store_number(text, BPF_DW, BPF_REG_7, offsetof(struct event_record, faults), 0);
    bpf_call(text, BPF_FUNC_ktime_get_ns);
    bpf_store(text, BPF_DW, BPF_REG_7, offsetof(struct event_record, nanoseconds), BPF_REG_0);
}

void event_store_thread(struct bpf_text *text, const struct listener *listener) {
    event_store_thread_alone(text, listener);
    store_user_state(text);
}

void event_begin(struct bpf_text *text, const struct listener *listener, uint32_t kind, int32_t bytes) {
    bpf_move(text, BPF_REG_6, BPF_REG_1);
    process_tree_only(text, listener->tree);
    event_open(text, listener, kind, bytes);
    event_store_thread(text, listener);
}

void event_store_argument(struct bpf_text *text, int argument, int at) {
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_6, argument * 8);
    bpf_store(text, BPF_DW, BPF_REG_7, at, BPF_REG_1);
}

void event_store_pointee(struct bpf_text *text, int argument, int offset, int size, int at) {
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_6, argument * 8);
    bpf_load(text, size, BPF_REG_1, BPF_REG_1, offset);
    bpf_store(text, BPF_DW, BPF_REG_7, at, BPF_REG_1);
}

void event_store_string(struct bpf_text *text, int argument, int offset) {
    bpf_load(text, BPF_DW, BPF_REG_3, BPF_REG_6, argument * 8);
    bpf_load(text, BPF_DW, BPF_REG_3, BPF_REG_3, offset);
    bpf_move(text, BPF_REG_1, BPF_REG_7);
    bpf_operate(text, BPF_ADD, BPF_REG_1, offsetof(struct event_record, text));
    bpf_set(text, BPF_REG_2, sizeof(((struct event_record *)0)->text));
    bpf_call(text, BPF_FUNC_probe_read_kernel_str);
    int unreadable = bpf_jump(text, BPF_JSLE, BPF_REG_0, 0);
    bpf_store(text, BPF_W, BPF_REG_7, offsetof(struct event_record, text_bytes), BPF_REG_0);
    bpf_land(text, unreadable);
}

// The function that contains the tracepoint, and its caller: the kernel's call chain without its first two entries, the BPF
// program and its caller. Where several listen to one tracepoint, it calls them through a function of its own (__traceiter_…),
// which then stands in the place of the first.
void event_store_callers(struct bpf_text *text, int at) {
    enum { TRACING = 2 };
    bpf_move(text, BPF_REG_1, BPF_REG_6);
    bpf_move(text, BPF_REG_2, BPF_REG_7);
    bpf_operate(text, BPF_ADD, BPF_REG_2, at);
    bpf_set(text, BPF_REG_3, 2 * sizeof(uint64_t));
    bpf_set(text, BPF_REG_4, TRACING);
    bpf_call(text, BPF_FUNC_get_stack);
}

// Submits the record, and wakes the reader at each sixteenth of the ring. The record's address, relative to a map that does
// not move, shows where a sixteenth begins; so no counter is needed.
void event_hand_over(struct bpf_text *text, const struct listener *listener) {
    bpf_point_into(text, BPF_REG_1, listener->losses);
    bpf_move(text, BPF_REG_3, BPF_REG_7);
    bpf_operate_by(text, BPF_SUB, BPF_REG_3, BPF_REG_1);
    bpf_operate(text, BPF_AND, BPF_REG_3, (int32_t)(listener->bytes / 16 - 1));
    bpf_move(text, BPF_REG_1, BPF_REG_7);
    bpf_set(text, BPF_REG_2, BPF_RB_NO_WAKEUP);
    int between = bpf_jump(text, BPF_JGT, BPF_REG_3, sizeof(struct event_record) + BPF_RINGBUF_HDR_SZ);
    bpf_set(text, BPF_REG_2, BPF_RB_FORCE_WAKEUP);
    bpf_land(text, between);
    bpf_call(text, BPF_FUNC_ringbuf_submit);
}

void event_submit(struct bpf_text *text, const struct listener *listener) {
    event_hand_over(text, listener);
    bpf_leave(text);
}

// By its number's lower bits: another process with the same ones shares it.
int event_find_ends(struct bpf_text *text, const struct listener *listener, int process, int key) {
    if (process != BPF_REG_1) bpf_move(text, BPF_REG_1, process);
    bpf_operate(text, BPF_AND, BPF_REG_1, LISTENER_SLOTS - 1);
    bpf_store(text, BPF_W, BPF_REG_10, key, BPF_REG_1);
    return bpf_look_up(text, listener->ends, key);
}

void event_wake(struct bpf_text *text, const struct listener *listener) {
    make_room(text, listener, sizeof(uint64_t));
    bpf_store_number(text, BPF_DW, BPF_REG_7, 0, CL_NOTHING);
    bpf_move(text, BPF_REG_1, BPF_REG_7);
    bpf_set(text, BPF_REG_2, BPF_RB_FORCE_WAKEUP);
    bpf_call(text, BPF_FUNC_ringbuf_submit);
}

bool event_watch(struct bpf_text *text, struct listener *listener, enum call_end end, enum watcher watcher, const char *name) {
    listener->watchers |= 1u << watcher;
    return dispatcher_load(listener->at[end], watcher, text, name, listener->why);
}

bool event_end(struct bpf_text *text, struct listener *listener, uint32_t tracepoint, const char *name) {
    event_submit(text, listener);
    return event_attach(text, listener, tracepoint, name);
}

bool event_attach(struct bpf_text *text, struct listener *listener, uint32_t tracepoint, const char *name) {
    int program = process_tree_attach(text, tracepoint, name, listener->why);
    if (program >= 0) listener->attached[listener->count++] = program;
    return program >= 0;
}
