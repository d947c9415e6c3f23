// Allocations and page faults.
#define _GNU_SOURCE
#include <sched.h>

#include "bpf_event.h"
#include "clinux_trace.h"
#include "listen.h"

// Whether the thread is an I/O flusher is known for this allocation only now: it may end before anybody can ask in /proc.
static void store_flags(struct bpf_text *text, const struct listener *listener) {
    int flags = listener->tree->shape.task_flags;
    if (flags < 0) return;
    bpf_load(text, BPF_W, BPF_REG_1, BPF_REG_9, flags);
    bpf_operate(text, BPF_LSH, BPF_REG_1, 1);
    bpf_operate(text, BPF_OR, BPF_REG_1, 1);
    bpf_store(text, BPF_DW, BPF_REG_7, event_number(4), BPF_REG_1);
}

// kmalloc(call_site, ptr, bytes_req, bytes_alloc, gfp_flags, node)
static bool listen_kmalloc(struct listener *listener) {
    struct bpf_text text = {.count = 0};
    event_begin(&text, listener, CL_KMALLOC, EVENT_SHORT);
    event_store_argument(&text, 0, event_number(0));
    event_store_argument(&text, 2, event_number(1));
    event_store_argument(&text, 4, event_number(2));
    store_flags(&text, listener);
    return event_end(&text, listener, listener->tree->shape.kmalloc, "kmem:kmalloc");
}

// kmem_cache_alloc(call_site, ptr, cache, gfp_flags, node)
static bool listen_kmem_cache_alloc(struct listener *listener) {
    const struct kernel_shape *shape = &listener->tree->shape;
    struct bpf_text text = {.count = 0};
    event_begin(&text, listener, CL_CACHE_ALLOC, sizeof(struct event_record));
    event_store_argument(&text, 0, event_number(0));
    event_store_pointee(&text, 2, shape->cache_bytes, BPF_W, event_number(1));
    event_store_argument(&text, 3, event_number(2));
    event_store_string(&text, 2, shape->cache_name);
    store_flags(&text, listener);
    bool known = shape->cache_bytes >= 0 && shape->cache_name >= 0;
    return event_end(&text, listener, known ? shape->kmem_cache_alloc : 0, "kmem:kmem_cache_alloc");
}

// mm_page_alloc(page, order, gfp_flags, migratetype)
static bool listen_mm_page_alloc(struct listener *listener) {
    struct bpf_text text = {.count = 0};
    event_begin(&text, listener, CL_PAGE_ALLOC, EVENT_SHORT);
    event_store_argument(&text, 1, event_number(0));
    event_store_argument(&text, 2, event_number(1));
    event_store_callers(&text, event_number(2));
    store_flags(&text, listener);
    return event_end(&text, listener, listener->tree->shape.mm_page_alloc, "kmem:mm_page_alloc");
}

// page_fault_user(address, regs, error_code), and page_fault_kernel
static bool listen_page_fault(struct listener *listener, uint32_t tracepoint, const char *name) {
    struct bpf_text text = {.count = 0};
    event_begin(&text, listener, CL_FAULT, EVENT_SHORT);
    event_store_argument(&text, 0, event_number(0));
    return event_end(&text, listener, tracepoint, name);
}

// task_newtask(task, clone_flags), which runs in the parent.
static bool listen_sharers(struct listener *listener) {
    enum { WHICH = CLONE_VM | CLONE_THREAD };
    struct bpf_text text = {.count = 0};
    bpf_load(&text, BPF_DW, BPF_REG_2, BPF_REG_1, 8);
    bpf_operate(&text, BPF_AND, BPF_REG_2, WHICH);
    int shares = bpf_jump(&text, BPF_JEQ, BPF_REG_2, CLONE_VM);
    bpf_leave(&text);
    bpf_land(&text, shares);
    event_begin(&text, listener, CL_SHARES_MEMORY, EVENT_SHORT);
    event_store_argument(&text, 1, event_number(0));
    return event_end(&text, listener, listener->tree->shape.task_newtask, "task:task_newtask");
}

// sched_process_exit(task, group_dead): a thread's last count of page faults.
static bool listen_process_exit(struct listener *listener) {
    struct bpf_text text = {.count = 0};
    event_begin(&text, listener, CL_ENDED, EVENT_SHORT);
    return event_end(&text, listener, listener->tree->shape.process_exit, "sched:sched_process_exit");
}

bool listen_memory(struct listener *listener) {
    const struct kernel_shape *shape = &listener->tree->shape;
    return listen_kmalloc(listener) && listen_kmem_cache_alloc(listener) && listen_mm_page_alloc(listener) &&
           listen_page_fault(listener, shape->page_fault_user, "exceptions:page_fault_user") &&
           listen_page_fault(listener, shape->page_fault_kernel, "exceptions:page_fault_kernel") &&
           listen_sharers(listener) && listen_process_exit(listener);
}
