#define _GNU_SOURCE
#include "listen.h"

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

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

bool listener_begin(struct listener *listener, const struct cl_family *family, uint64_t bytes) {
    *listener = (struct listener){.family = family, .bytes = bytes, .waker = -1, .losses = -1};
    listener->ring = bpf_map(BPF_MAP_TYPE_RINGBUF, 0, 0, (uint32_t)bytes, 0);
    if (listener->ring < 0 || !map_ring(listener) || !open_waker(listener)) return false;
    listener->losses = bpf_map(BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), sizeof(uint64_t), 1, 0);
    return listener->losses >= 0;
}

void listener_end(struct listener *listener) {
    if (!listener->family) return;
    for (int i = 0; i < listener->count; i++) {
        if (listener->is_relied_on) {
            tracepoints_leave(listener->attached[i].tracepoint, listener->attached[i].program);
        } else {
            close(listener->attached[i].program);
        }
    }
    if (listener->consumed) munmap(listener->consumed, PAGE);
    if (listener->produced) munmap(listener->produced, PAGE + 2 * listener->bytes);
    if (listener->losses >= 0) close(listener->losses);
    if (listener->waker >= 0) close(listener->waker);
    if (listener->ring >= 0) close(listener->ring);
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
    return listener->family && bpf_get_value(listener->losses, 0, &lost) == 0 ? lost : 0;
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

static void begin(struct bpf_text *text, const struct listener *listener, uint16_t kind, int32_t bytes) {
    bpf_move(text, BPF_REG_6, BPF_REG_1);
    family_only(text, listener->family);
    make_room(text, listener, bytes);
    bpf_store_number(text, BPF_DW, BPF_REG_7, 0, kind);
    tell_thread(text, &listener->family->shape);
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

static bool end(struct bpf_text *text, struct listener *listener, uint32_t tracepoint) {
    submit(text, listener);
    bpf_leave(text);
    errno = ENOTSUP;
    int program = tracepoint && listener->count < LISTENER_MOST ? tracepoints_attach(text, tracepoint) : -1;
    if (program < 0) return false;
    listener->attached[listener->count].tracepoint = tracepoint;
    listener->attached[listener->count++].program = program;
    return true;
}

// kmalloc(call_site, ptr, bytes_req, bytes_alloc, gfp_flags, node)
bool listen_kmalloc(struct listener *listener, uint16_t kind) {
    struct bpf_text text = {.count = 0};
    begin(&text, listener, kind, SHORT);
    tell_argument(&text, 0, FIRST);
    tell_argument(&text, 2, SECOND);
    tell_argument(&text, 4, THIRD);
    return end(&text, listener, listener->family->shape.kmalloc);
}

// kmem_cache_alloc(call_site, ptr, cache, gfp_flags, node)
bool listen_kmem_cache_alloc(struct listener *listener, uint16_t kind) {
    const struct kernel_shape *shape = &listener->family->shape;
    struct bpf_text text = {.count = 0};
    begin(&text, listener, kind, sizeof(struct told));
    tell_argument(&text, 0, FIRST);
    tell_behind(&text, 2, shape->cache_bytes, BPF_W, SECOND);
    tell_argument(&text, 3, THIRD);
    tell_text(&text, 2, shape->cache_name);
    return end(&text, listener, shape->cache_bytes < 0 || shape->cache_name < 0 ? 0 : shape->kmem_cache_alloc);
}

// mm_page_alloc(page, order, gfp_flags, migratetype)
bool listen_mm_page_alloc(struct listener *listener, uint16_t kind) {
    struct bpf_text text = {.count = 0};
    begin(&text, listener, kind, SHORT);
    tell_argument(&text, 1, FIRST);
    tell_argument(&text, 2, SECOND);
    tell_callers(&text, THIRD);
    return end(&text, listener, listener->family->shape.mm_page_alloc);
}

// page_fault_user(address, regs, error_code), and page_fault_kernel
static bool listen_page_fault(struct listener *listener, uint32_t tracepoint, uint16_t kind) {
    struct bpf_text text = {.count = 0};
    begin(&text, listener, kind, SHORT);
    tell_argument(&text, 0, FIRST);
    return end(&text, listener, tracepoint);
}

bool listen_page_faults(struct listener *listener, uint16_t kind) {
    return listen_page_fault(listener, listener->family->shape.page_fault_user, kind) &&
           listen_page_fault(listener, listener->family->shape.page_fault_kernel, kind);
}

// sys_enter(regs, id)
bool listen_sys_enter(struct listener *listener, const long *calls, int count, uint16_t kind) {
    enum { DI = 14 * 8, SI = 13 * 8, DX = 12 * 8, MOST = 16 };  // struct pt_regs
    struct bpf_text text = {.count = 0};
    int wanted[MOST];
    bpf_load(&text, BPF_DW, BPF_REG_2, BPF_REG_1, 8);
    for (int i = 0; i < count && i < MOST; i++) wanted[i] = bpf_jump(&text, BPF_JEQ, BPF_REG_2, (int32_t)calls[i]);
    bpf_leave(&text);
    for (int i = 0; i < count && i < MOST; i++) bpf_land(&text, wanted[i]);
    begin(&text, listener, kind, SHORT);
    tell_argument(&text, 1, FIRST);
    tell_behind(&text, 0, DI, BPF_DW, SECOND);
    tell_behind(&text, 0, SI, BPF_DW, THIRD);
    tell_behind(&text, 0, DX, BPF_DW, FOURTH);
    return end(&text, listener, listener->family->shape.sys_enter);
}
