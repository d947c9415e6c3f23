#define _GNU_SOURCE
#include "listen.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "calls.h"
#include "clinux_trace.h"
#include "tracepoints.h"

enum { PAGE = 4096 };

// MARK: the ring

static bool map_ring(struct listener *listener) {
    void *consumed = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, listener->ring, 0);
    if (consumed == MAP_FAILED) return false;
    listener->consumed = consumed;
    void *produced = mmap(NULL, PAGE + 2 * listener->bytes, PROT_READ, MAP_SHARED, listener->ring, PAGE);
    if (produced == MAP_FAILED) return false;
    listener->produced = produced;
    return true;
}

// The ring is readable whenever it holds a record, but its BPF programs wake the reader only now and then: edge-triggered
// epoll reports just those wake-ups.
static bool open_waker(struct listener *listener) {
    struct epoll_event edges = {.events = EPOLLIN | EPOLLET};
    listener->waker = epoll_create1(EPOLL_CLOEXEC);
    return listener->waker >= 0 && epoll_ctl(listener->waker, EPOLL_CTL_ADD, listener->ring, &edges) == 0;
}

static bool begin_ring(struct listener *listener) {
    listener->ring = bpf_map(BPF_MAP_TYPE_RINGBUF, 0, 0, (uint32_t)listener->bytes, 0);
    if (listener->ring < 0 || !map_ring(listener) || !open_waker(listener)) return false;
    listener->losses = bpf_map(BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), sizeof(uint64_t), 1, 0);
    return listener->losses >= 0;
}

bool listener_begin(struct listener *listener, const struct process_tree *tree, uint64_t bytes) {
    *listener = (struct listener){.tree = tree, .bytes = bytes, .waker = -1, .losses = -1};
    bool begun = begin_ring(listener);
    int error = errno;
    if (!begun) snprintf(listener->why, sizeof(listener->why), "a ring: %s", strerror(error));
    errno = error;
    return begun;
}

void listener_end(struct listener *listener) {
    if (!listener->tree) return;
    for (int i = 0; i < listener->count; i++)
        tracepoints_end(listener->attached[i].tracepoint, listener->attached[i].program, listener->is_relied_on);
    if (listener->consumed) munmap(listener->consumed, PAGE);
    if (listener->produced) munmap(listener->produced, PAGE + 2 * listener->bytes);
    if (listener->losses >= 0) close(listener->losses);
    if (listener->waker >= 0) close(listener->waker);
    if (listener->ring >= 0) close(listener->ring);
    listener->tree = NULL;
    listener->produced = NULL;
}

static const unsigned char *record_at(const struct listener *listener, uint64_t at) {
    return listener->produced + PAGE + at % listener->bytes;
}

// The next record's length; 0: there is none. A record that is being written is waited for: its writer is not preempted.
static uint32_t next_length(const struct listener *listener, uint64_t at) {
    if (at >= __atomic_load_n((uint64_t *)(void *)listener->produced, __ATOMIC_ACQUIRE)) return 0;
    const uint32_t *header = (const void *)record_at(listener, at);
    for (int looks = 0; looks < 10000; looks++) {
        uint32_t length = __atomic_load_n(header, __ATOMIC_ACQUIRE);
        if (!(length & BPF_RINGBUF_BUSY_BIT)) return length;
        usleep(10);
    }
    return 0;
}

const struct event_record *listener_next(struct listener *listener) {
    if (!listener->produced) return NULL;
    uint64_t at = *listener->consumed;
    uint32_t length = next_length(listener, at);
    if (!length) {
        // The wake-up is consumed before the second look, so that none is lost between the two.
        struct epoll_event ignored;
        epoll_wait(listener->waker, &ignored, 1, 0);
        length = next_length(listener, at);
    }
    if (!length) return NULL;
    listener->taken = *(const struct event_record *)(const void *)(record_at(listener, at) + BPF_RINGBUF_HDR_SZ);
    __atomic_store_n(listener->consumed, at + BPF_RINGBUF_HDR_SZ + (length + 7) / 8 * 8, __ATOMIC_RELEASE);
    return &listener->taken;
}

uint64_t listener_lost(const struct listener *listener) {
    uint64_t lost = 0;
    return listener->tree && bpf_get_value(listener->losses, 0, &lost) == 0 ? lost : 0;
}

// MARK: BPF programs
//
// r6 points at the tracepoint's arguments, r7 at the event record, r9 at the thread's task_struct.

enum { SHORT = offsetof(struct event_record, text) };
static const int FIRST = offsetof(struct event_record, number), SECOND = FIRST + 8, THIRD = FIRST + 16, FOURTH = FIRST + 24;

static void count_loss(struct bpf_text *text, const struct listener *listener) {
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
    count_loss(text, listener);
    bpf_leave(text);
    bpf_land(text, room);
    bpf_move(text, BPF_REG_7, BPF_REG_0);
}

// An interrupt of kernel code has a stack of its own. The thread's kernel stack holds the user registers at its top and,
// further down, the arguments of a tracepoint that the thread itself reached. So arguments that lie elsewhere are an
// interrupt's. An interrupt of user code runs on the thread's stack, and its events count as the thread's.
static void store_user_state(struct bpf_text *text) {
    enum { IP = 16 * 8, SP = 19 * 8 };  // struct pt_regs
    bpf_move(text, BPF_REG_1, BPF_REG_9);
    bpf_call(text, BPF_FUNC_task_pt_regs);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_0, IP);
    bpf_store(text, BPF_DW, BPF_REG_7, offsetof(struct event_record, user_ip), BPF_REG_1);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_0, SP);
    bpf_store(text, BPF_DW, BPF_REG_7, offsetof(struct event_record, user_sp), BPF_REG_1);
    bpf_operate_by(text, BPF_SUB, BPF_REG_0, BPF_REG_6);
    int own = bpf_jump(text, BPF_JLT, BPF_REG_0, KERNEL_STACK);
    bpf_store_number(text, BPF_B, BPF_REG_7, offsetof(struct event_record, in_interrupt), 1);
    bpf_land(text, own);
}

static void store_thread(struct bpf_text *text, const struct kernel_shape *shape) {
    bpf_load(text, BPF_W, BPF_REG_1, BPF_REG_9, shape->task_pid);
    bpf_store(text, BPF_W, BPF_REG_7, offsetof(struct event_record, tid), BPF_REG_1);
    bpf_load(text, BPF_W, BPF_REG_1, BPF_REG_9, shape->task_tgid);
    bpf_store(text, BPF_W, BPF_REG_7, offsetof(struct event_record, pid), BPF_REG_1);
}

static void begin(struct bpf_text *text, const struct listener *listener, enum cl_trace_kind kind, int32_t bytes) {
    bpf_move(text, BPF_REG_6, BPF_REG_1);
    process_tree_only(text, listener->tree);
    make_room(text, listener, bytes);
    bpf_store_number(text, BPF_DW, BPF_REG_7, 0, kind);
    store_thread(text, &listener->tree->shape);
    for (int at = FIRST; at <= THIRD; at += 8) bpf_store_number(text, BPF_DW, BPF_REG_7, at, 0);
    bpf_call(text, BPF_FUNC_ktime_get_ns);
    bpf_store(text, BPF_DW, BPF_REG_7, offsetof(struct event_record, nanoseconds), BPF_REG_0);
    store_user_state(text);
}

static void store_argument(struct bpf_text *text, int argument, int at) {
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_6, argument * 8);
    bpf_store(text, BPF_DW, BPF_REG_7, at, BPF_REG_1);
}

// The value to which an argument points.
static void store_pointee(struct bpf_text *text, int argument, int offset, int size, int at) {
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_6, argument * 8);
    bpf_load(text, size, BPF_REG_1, BPF_REG_1, offset);
    bpf_store(text, BPF_DW, BPF_REG_7, at, BPF_REG_1);
}

// The NUL-terminated string to which a member of the structure points to which an argument points.
static void store_string(struct bpf_text *text, int argument, int offset) {
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
static void store_callers(struct bpf_text *text, int at) {
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
static void submit(struct bpf_text *text, const struct listener *listener) {
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

static bool end(struct bpf_text *text, struct listener *listener, uint32_t tracepoint, const char *name) {
    submit(text, listener);
    bpf_leave(text);
    int program = process_tree_attach(text, tracepoint, name, listener->why);
    if (program < 0) return false;
    listener->attached[listener->count].tracepoint = tracepoint;
    listener->attached[listener->count++].program = program;
    return true;
}

// MARK: memory

// kmalloc(call_site, ptr, bytes_req, bytes_alloc, gfp_flags, node)
static bool listen_kmalloc(struct listener *listener) {
    struct bpf_text text = {.count = 0};
    begin(&text, listener, CL_KMALLOC, SHORT);
    store_argument(&text, 0, FIRST);
    store_argument(&text, 2, SECOND);
    store_argument(&text, 4, THIRD);
    return end(&text, listener, listener->tree->shape.kmalloc, "kmem:kmalloc");
}

// kmem_cache_alloc(call_site, ptr, cache, gfp_flags, node)
static bool listen_kmem_cache_alloc(struct listener *listener) {
    const struct kernel_shape *shape = &listener->tree->shape;
    struct bpf_text text = {.count = 0};
    begin(&text, listener, CL_CACHE_ALLOC, sizeof(struct event_record));
    store_argument(&text, 0, FIRST);
    store_pointee(&text, 2, shape->cache_bytes, BPF_W, SECOND);
    store_argument(&text, 3, THIRD);
    store_string(&text, 2, shape->cache_name);
    bool known = shape->cache_bytes >= 0 && shape->cache_name >= 0;
    return end(&text, listener, known ? shape->kmem_cache_alloc : 0, "kmem:kmem_cache_alloc");
}

// mm_page_alloc(page, order, gfp_flags, migratetype)
static bool listen_mm_page_alloc(struct listener *listener) {
    struct bpf_text text = {.count = 0};
    begin(&text, listener, CL_PAGE_ALLOC, SHORT);
    store_argument(&text, 1, FIRST);
    store_argument(&text, 2, SECOND);
    store_callers(&text, THIRD);
    return end(&text, listener, listener->tree->shape.mm_page_alloc, "kmem:mm_page_alloc");
}

// page_fault_user(address, regs, error_code), and page_fault_kernel
static bool listen_page_fault(struct listener *listener, uint32_t tracepoint, const char *name) {
    struct bpf_text text = {.count = 0};
    begin(&text, listener, CL_FAULT, SHORT);
    store_argument(&text, 0, FIRST);
    return end(&text, listener, tracepoint, name);
}

bool listen_memory(struct listener *listener) {
    const struct kernel_shape *shape = &listener->tree->shape;
    return listen_kmalloc(listener) && listen_kmem_cache_alloc(listener) && listen_mm_page_alloc(listener) &&
           listen_page_fault(listener, shape->page_fault_user, "exceptions:page_fault_user") &&
           listen_page_fault(listener, shape->page_fault_kernel, "exceptions:page_fault_kernel");
}

// MARK: system calls

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
    store_pointee(text, 0, BX, BPF_W, SECOND);
    store_pointee(text, 0, CX, BPF_W, THIRD);
    store_pointee(text, 0, DX, BPF_W, FOURTH);
    int i386 = bpf_jump(text, BPF_JA, 0, 0);
    bpf_land(text, native);
    store_pointee(text, 0, DI, BPF_DW, SECOND);
    store_pointee(text, 0, SI, BPF_DW, THIRD);
    store_pointee(text, 0, DX, BPF_DW, FOURTH);
    bpf_land(text, i386);
}

// sys_enter(regs, id)
bool listen_calls(struct listener *listener) {
    const struct kernel_shape *shape = &listener->tree->shape;
    struct bpf_text text = {.count = 0};
    begin_call(&text, shape);
    begin(&text, listener, CL_CALL, SHORT);
    store_argument(&text, 1, FIRST);
    store_call_arguments(&text, shape);
    return end(&text, listener, shape->task_status < 0 ? 0 : shape->sys_enter, "raw_syscalls:sys_enter");
}
