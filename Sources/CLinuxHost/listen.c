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

// The ring itself is readable whenever there is anything in it; its programs wake whoever waits only now and then, which
// epoll's edges tell.
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

// The next record's length; 0: there is none. One that is being written is waited for, since who writes it is not preempted.
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

const struct told *listener_next(struct listener *listener) {
    if (!listener->produced) return NULL;
    uint64_t at = *listener->consumed;
    uint32_t length = next_length(listener, at);
    if (!length) {
        // Before another look, so that no waking is lost between the two.
        struct epoll_event ignored;
        epoll_wait(listener->waker, &ignored, 1, 0);
        length = next_length(listener, at);
    }
    if (!length) return NULL;
    listener->taken = *(const struct told *)(const void *)(record_at(listener, at) + BPF_RINGBUF_HDR_SZ);
    __atomic_store_n(listener->consumed, at + BPF_RINGBUF_HDR_SZ + (length + 7) / 8 * 8, __ATOMIC_RELEASE);
    return &listener->taken;
}

uint64_t listener_lost(const struct listener *listener) {
    uint64_t lost = 0;
    return listener->tree && bpf_get_value(listener->losses, 0, &lost) == 0 ? lost : 0;
}

// MARK: programs
//
// r6 points at the tracepoint's arguments, r7 at what is told, r9 at the thread's task_struct.

enum { SHORT = offsetof(struct told, text) };
static const int FIRST = offsetof(struct told, number), SECOND = FIRST + 8, THIRD = FIRST + 16, FOURTH = FIRST + 24;

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

// Interrupts of kernel code have stacks of their own: the thread's has its user's registers at its top, and the arguments of a
// tracepoint that it came to itself further down. One of user code runs on the thread's stack, and passes for its own doing.
static void tell_place(struct bpf_text *text) {
    enum { IP = 16 * 8, SP = 19 * 8 };  // struct pt_regs
    bpf_move(text, BPF_REG_1, BPF_REG_9);
    bpf_call(text, BPF_FUNC_task_pt_regs);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_0, IP);
    bpf_store(text, BPF_DW, BPF_REG_7, offsetof(struct told, user_ip), BPF_REG_1);
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_0, SP);
    bpf_store(text, BPF_DW, BPF_REG_7, offsetof(struct told, user_sp), BPF_REG_1);
    bpf_operate_by(text, BPF_SUB, BPF_REG_0, BPF_REG_6);
    int own = bpf_jump(text, BPF_JLT, BPF_REG_0, KERNEL_STACK);
    bpf_store_number(text, BPF_B, BPF_REG_7, offsetof(struct told, in_interrupt), 1);
    bpf_land(text, own);
}

static void tell_thread(struct bpf_text *text, const struct kernel_shape *shape) {
    bpf_load(text, BPF_W, BPF_REG_1, BPF_REG_9, shape->task_pid);
    bpf_store(text, BPF_W, BPF_REG_7, offsetof(struct told, tid), BPF_REG_1);
    bpf_load(text, BPF_W, BPF_REG_1, BPF_REG_9, shape->task_tgid);
    bpf_store(text, BPF_W, BPF_REG_7, offsetof(struct told, pid), BPF_REG_1);
}

static void begin(struct bpf_text *text, const struct listener *listener, enum cl_trace_kind kind, int32_t bytes) {
    bpf_move(text, BPF_REG_6, BPF_REG_1);
    process_tree_only(text, listener->tree);
    make_room(text, listener, bytes);
    bpf_store_number(text, BPF_DW, BPF_REG_7, 0, kind);
    tell_thread(text, &listener->tree->shape);
    for (int at = FIRST; at <= THIRD; at += 8) bpf_store_number(text, BPF_DW, BPF_REG_7, at, 0);
    bpf_call(text, BPF_FUNC_ktime_get_ns);
    bpf_store(text, BPF_DW, BPF_REG_7, offsetof(struct told, nanoseconds), BPF_REG_0);
    tell_place(text);
}

static void tell_argument(struct bpf_text *text, int argument, int at) {
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_6, argument * 8);
    bpf_store(text, BPF_DW, BPF_REG_7, at, BPF_REG_1);
}

// What lies behind a pointer that is an argument.
static void tell_behind(struct bpf_text *text, int argument, int offset, int size, int at) {
    bpf_load(text, BPF_DW, BPF_REG_1, BPF_REG_6, argument * 8);
    bpf_load(text, size, BPF_REG_1, BPF_REG_1, offset);
    bpf_store(text, BPF_DW, BPF_REG_7, at, BPF_REG_1);
}

// A text that ends with NUL, whose address lies behind a pointer that is an argument.
static void tell_text(struct bpf_text *text, int argument, int offset) {
    bpf_load(text, BPF_DW, BPF_REG_3, BPF_REG_6, argument * 8);
    bpf_load(text, BPF_DW, BPF_REG_3, BPF_REG_3, offset);
    bpf_move(text, BPF_REG_1, BPF_REG_7);
    bpf_operate(text, BPF_ADD, BPF_REG_1, offsetof(struct told, text));
    bpf_set(text, BPF_REG_2, sizeof(((struct told *)0)->text));
    bpf_call(text, BPF_FUNC_probe_read_kernel_str);
    int unreadable = bpf_jump(text, BPF_JSLE, BPF_REG_0, 0);
    bpf_store(text, BPF_W, BPF_REG_7, offsetof(struct told, text_bytes), BPF_REG_0);
    bpf_land(text, unreadable);
}

// The function that the tracepoint is in, and its caller: the kernel's call chain without the program and what calls it, which
// are the first. Where more than one listens, the tracepoint calls them by a function of its own (__traceiter_…, which comes
// and goes with the others), and that is told in the place of the first.
static void tell_callers(struct bpf_text *text, int at) {
    enum { TRACING = 2 };
    bpf_move(text, BPF_REG_1, BPF_REG_6);
    bpf_move(text, BPF_REG_2, BPF_REG_7);
    bpf_operate(text, BPF_ADD, BPF_REG_2, at);
    bpf_set(text, BPF_REG_3, 2 * sizeof(uint64_t));
    bpf_set(text, BPF_REG_4, TRACING);
    bpf_call(text, BPF_FUNC_get_stack);
}

// Hands it over, and wakes the reader at each sixteenth of the ring: where this lies there tells that, for nothing, as long as
// it is measured from something that stays where it is.
static void submit(struct bpf_text *text, const struct listener *listener) {
    bpf_point_into(text, BPF_REG_1, listener->losses);
    bpf_move(text, BPF_REG_3, BPF_REG_7);
    bpf_operate_by(text, BPF_SUB, BPF_REG_3, BPF_REG_1);
    bpf_operate(text, BPF_AND, BPF_REG_3, (int32_t)(listener->bytes / 16 - 1));
    bpf_move(text, BPF_REG_1, BPF_REG_7);
    bpf_set(text, BPF_REG_2, BPF_RB_NO_WAKEUP);
    int between = bpf_jump(text, BPF_JGT, BPF_REG_3, sizeof(struct told) + BPF_RINGBUF_HDR_SZ);
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
    tell_argument(&text, 0, FIRST);
    tell_argument(&text, 2, SECOND);
    tell_argument(&text, 4, THIRD);
    return end(&text, listener, listener->tree->shape.kmalloc, "kmem:kmalloc");
}

// kmem_cache_alloc(call_site, ptr, cache, gfp_flags, node)
static bool listen_kmem_cache_alloc(struct listener *listener) {
    const struct kernel_shape *shape = &listener->tree->shape;
    struct bpf_text text = {.count = 0};
    begin(&text, listener, CL_CACHE_ALLOC, sizeof(struct told));
    tell_argument(&text, 0, FIRST);
    tell_behind(&text, 2, shape->cache_bytes, BPF_W, SECOND);
    tell_argument(&text, 3, THIRD);
    tell_text(&text, 2, shape->cache_name);
    bool known = shape->cache_bytes >= 0 && shape->cache_name >= 0;
    return end(&text, listener, known ? shape->kmem_cache_alloc : 0, "kmem:kmem_cache_alloc");
}

// mm_page_alloc(page, order, gfp_flags, migratetype)
static bool listen_mm_page_alloc(struct listener *listener) {
    struct bpf_text text = {.count = 0};
    begin(&text, listener, CL_PAGE_ALLOC, SHORT);
    tell_argument(&text, 1, FIRST);
    tell_argument(&text, 2, SECOND);
    tell_callers(&text, THIRD);
    return end(&text, listener, listener->tree->shape.mm_page_alloc, "kmem:mm_page_alloc");
}

// page_fault_user(address, regs, error_code), and page_fault_kernel
static bool listen_page_fault(struct listener *listener, uint32_t tracepoint, const char *name) {
    struct bpf_text text = {.count = 0};
    begin(&text, listener, CL_FAULT, SHORT);
    tell_argument(&text, 0, FIRST);
    return end(&text, listener, tracepoint, name);
}

bool listen_memory(struct listener *listener) {
    const struct kernel_shape *shape = &listener->tree->shape;
    return listen_kmalloc(listener) && listen_kmem_cache_alloc(listener) && listen_mm_page_alloc(listener) &&
           listen_page_fault(listener, shape->page_fault_user, "exceptions:page_fault_user") &&
           listen_page_fault(listener, shape->page_fault_kernel, "exceptions:page_fault_kernel");
}

// MARK: system calls

enum { TS_COMPAT = 2 };  // arch/x86/include/asm/thread_info.h: the call that is being made is one of i386's ABI

// Leaves unless the number in r7 is one of those watched.
static void watched_only(struct bpf_text *text, enum abi abi) {
    int wanted[32], count = 0;
    for (int i = 0; i < calls_count; i++)
        if (calls[i].act < CL_EXECVE && calls[i].number[abi] >= 0)
            wanted[count++] = bpf_jump(text, BPF_JEQ, BPF_REG_7, calls[i].number[abi]);
    bpf_leave(text);
    while (count > 0) bpf_land(text, wanted[--count]);
}

// r2 is nonzero if the task_struct in a register is of a thread that makes a call of i386's ABI.
static void ask_abi(struct bpf_text *text, const struct kernel_shape *shape, int task) {
    bpf_load(text, BPF_W, BPF_REG_2, task, shape->task_status);
    bpf_operate(text, BPF_AND, BPF_REG_2, TS_COMPAT);
}

// Leaves at once, since every system call of the machine comes here, unless it is one of those watched.
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

// The first three: those of i386 come in other registers.
static void tell_call_arguments(struct bpf_text *text, const struct kernel_shape *shape) {
    enum { DI = 14 * 8, SI = 13 * 8, DX = 12 * 8, CX = 11 * 8, BX = 5 * 8 };  // struct pt_regs
    ask_abi(text, shape, BPF_REG_9);
    bpf_store(text, BPF_B, BPF_REG_7, offsetof(struct told, is_i386), BPF_REG_2);
    int native = bpf_jump(text, BPF_JEQ, BPF_REG_2, 0);
    tell_behind(text, 0, BX, BPF_W, SECOND);
    tell_behind(text, 0, CX, BPF_W, THIRD);
    tell_behind(text, 0, DX, BPF_W, FOURTH);
    int i386 = bpf_jump(text, BPF_JA, 0, 0);
    bpf_land(text, native);
    tell_behind(text, 0, DI, BPF_DW, SECOND);
    tell_behind(text, 0, SI, BPF_DW, THIRD);
    tell_behind(text, 0, DX, BPF_DW, FOURTH);
    bpf_land(text, i386);
}

// sys_enter(regs, id)
bool listen_calls(struct listener *listener) {
    const struct kernel_shape *shape = &listener->tree->shape;
    struct bpf_text text = {.count = 0};
    begin_call(&text, shape);
    begin(&text, listener, CL_CALL, SHORT);
    tell_argument(&text, 1, FIRST);
    tell_call_arguments(&text, shape);
    return end(&text, listener, shape->task_status < 0 ? 0 : shape->sys_enter, "raw_syscalls:sys_enter");
}
