#define _GNU_SOURCE
#include <errno.h>
#include <linux/perf_event.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "clinux_trace.h"
#include "listen.h"
#include "record.h"
#include "rings.h"
#include "trace_layout.h"
#include "tracepoints.h"

// 200,000 records a second of some 130 bytes each fill this in a third of a second.
enum { RING = 8 << 20, MANY_CPUS = 16, RING_OF_MANY = 2 << 20, RING_OF_PROCESSES = 1 << 19, ALL_RINGS = 64 << 20 };

struct cl_trace {
    struct rings rings;
    struct cl_trace_layout layout;
    struct cl_tracepoint *points;  // the layout's, if they are ours
    struct cl_family *family;      // null: each thread has events of its own
    struct listener listener;
};

static struct perf_event_attr attributes(const struct cl_trace_layout *layout) {
    return (struct perf_event_attr){
        .type = PERF_TYPE_TRACEPOINT,
        .size = sizeof(struct perf_event_attr),
        .sample_period = 1,
        .sample_type = TRACE_SAMPLE | (layout->stacks ? PERF_SAMPLE_CALLCHAIN : 0) |
                       (layout->stacks || layout->probes ? PERF_SAMPLE_STACK_USER : 0),
        .sample_regs_user = TRACE_REGISTERS | (layout->probes ? TRACE_ARGUMENTS : 0) |
                            (layout->stacks ? TRACE_FRAME_POINTER : 0),
        .sample_stack_user = layout->stacks ? TRACE_STACK : layout->probes ? TRACE_CALLER : 0,
        .exclude_callchain_user = 1,  // by frame pointers, which most programs do not have
        .inherit = 1,
        .sample_id_all = 1,
        .use_clockid = 1,
        .clockid = CLOCK_MONOTONIC,
        .watermark = 1,
        .wakeup_watermark = RING_OF_MANY / 4,
    };
}

static void ask_for_processes(struct perf_event_attr *asked) {
    asked->comm = asked->comm_exec = 1;
    asked->mmap = asked->mmap2 = asked->mmap_data = 1;
    asked->task = 1;
}

static bool begin_rings(struct cl_trace *trace, uint64_t bytes) {
    return rings_begin(&trace->rings, (int)sysconf(_SC_NPROCESSORS_CONF), bytes);
}

// MARK: threads

// Tells of page faults, mappings and processes; -1 with errno set. Page faults by perf's own event, since each event more
// costs the subject some 0.3 us at every switch of its threads, and exceptions:page_fault_user and page_fault_kernel would be
// two.
static int open_faults(const struct cl_trace_layout *layout, pid_t thread, int cpu) {
    struct perf_event_attr asked = attributes(layout);
    asked.type = PERF_TYPE_SOFTWARE;
    asked.config = PERF_COUNT_SW_PAGE_FAULTS;
    ask_for_processes(&asked);
    return rings_open_event(&asked, thread, cpu);
}

static bool open_tracepoints(struct cl_trace *trace, pid_t thread, int cpu) {
    for (uint32_t i = 0; i < trace->layout.count; i++) {
        struct perf_event_attr asked = attributes(&trace->layout);
        asked.config = trace->layout.points[i].id;
        if (!rings_take(&trace->rings, rings_open_event(&asked, thread, cpu))) return false;
    }
    return true;
}

static bool watch_thread(void *context, int thread, int cpu) {
    struct cl_trace *trace = context;
    return rings_take(&trace->rings, open_faults(&trace->layout, thread, cpu)) && open_tracepoints(trace, thread, cpu);
}

// A CPU's. With the program's stack a record has some 5 KiB.
static uint64_t bytes_of_cpu(const struct cl_trace_layout *layout) {
    long cpus = sysconf(_SC_NPROCESSORS_CONF);
    uint64_t bytes = cpus > MANY_CPUS ? RING_OF_MANY : RING;
    while (layout->stacks && bytes * 2 * (uint64_t)cpus <= ALL_RINGS) bytes *= 2;
    return bytes;
}

static bool watch_threads(struct cl_trace *trace, const pid_t *threads, int count, const struct cl_trace_layout *layout) {
    uint64_t bytes = bytes_of_cpu(layout);
    size_t points = layout->count * sizeof(struct cl_tracepoint);
    if (!(trace->points = malloc(points + 1)) || !begin_rings(trace, bytes)) return false;
    memcpy(trace->points, layout->points, points);
    trace->layout = (struct cl_trace_layout){trace->points, layout->count, layout->stacks, layout->probes};
    for (uint32_t i = 0; i < layout->count; i++)
        if (layout->points[i].kind != CL_PROBE) tracepoints_hold(layout->points[i].id);
    return rings_watch(&trace->rings, threads, count, watch_thread, trace);
}

// MARK: a family

static bool listen_to_all(struct listener *listener) {
    return listen_kmalloc(listener, CL_KMALLOC) && listen_kmem_cache_alloc(listener, CL_CACHE_ALLOC) &&
           listen_mm_page_alloc(listener, CL_PAGE_ALLOC) && listen_page_faults(listener, CL_FAULT);
}

// What perf tells of mappings and processes is of all there are; it costs nothing else.
static bool watch_cpu(void *context, int thread, int cpu) {
    struct cl_trace *trace = context;
    struct perf_event_attr asked = attributes(&trace->layout);
    asked.type = PERF_TYPE_SOFTWARE;
    asked.config = PERF_COUNT_SW_DUMMY;
    asked.wakeup_watermark = RING_OF_PROCESSES / 4;
    ask_for_processes(&asked);
    return rings_take(&trace->rings, rings_open_event(&asked, thread, cpu));
}

static void decode_told(const struct told *told, struct cl_trace_record *record) {
    memset(record, 0, offsetof(struct cl_trace_record, frame));
    record->kind = told->kind;
    record->nanoseconds = told->nanoseconds;
    record->pid = told->pid;
    record->tid = told->tid;
    record->in_interrupt = told->in_interrupt;
    record->user_ip = told->user_ip;
    record->user_sp = told->user_sp;
    if (told->kind == CL_PAGE_ALLOC) {
        record->bytes = UINT64_C(4096) << told->number[0];
        record->gfp = told->number[1];
        record->site = told->number[2];
        record->outer_site = told->number[3];
    } else {
        *(told->kind == CL_FAULT ? &record->address : &record->site) = told->number[0];
        record->bytes = told->number[1];
        record->gfp = told->number[2];
    }
    record_text((const unsigned char *)told->text, told->text_bytes, 0, record->text, sizeof(record->text));
}

// All CPUs share it. A power of two, as it must be.
static uint64_t bytes_of_family(void) {
    uint64_t bytes = RING;
    while (bytes < ALL_RINGS && bytes < (uint64_t)sysconf(_SC_NPROCESSORS_CONF) * RING) bytes *= 2;
    return bytes;
}

static bool has_seen_itself(struct cl_trace *trace) {
    struct cl_trace_record *record = malloc(sizeof(*record));
    family_take_in(trace->family, getpid());
    int event = eventfd(0, EFD_CLOEXEC);  // a kmalloc in its context
    if (event >= 0) close(event);
    family_let_go(trace->family, getpid());
    bool seen = false;
    while (record && cl_trace_next(trace, record))
        seen |= record->kind == CL_KMALLOC && record->tid == gettid() && !record->in_interrupt && record->user_ip != 0;
    free(record);
    errno = ENOTSUP;
    return seen;
}

// What the programs make of this kernel is proved by what they tell of ourselves before they are relied on.
static bool watch_family(struct cl_trace *trace, struct cl_family *family) {
    trace->family = family;
    return begin_rings(trace, RING_OF_PROCESSES) && listener_begin(&trace->listener, family, bytes_of_family()) &&
           rings_watch(&trace->rings, &(pid_t){-1}, 1, watch_cpu, trace) && listen_to_all(&trace->listener) &&
           (trace->listener.is_relied_on = has_seen_itself(trace));
}

// MARK: opening

static struct cl_trace *open_as(struct cl_family *family, const pid_t *threads, int count,
                                const struct cl_trace_layout *layout) {
    struct cl_trace *trace = calloc(1, sizeof(*trace));
    if (!trace) return NULL;
    if (family ? watch_family(trace, family) : watch_threads(trace, threads, count, layout)) return trace;
    int error = errno;
    cl_trace_close(trace);
    errno = error;
    return NULL;
}

struct cl_trace *cl_trace_open(struct cl_family *family, const pid_t *threads, int count,
                               const struct cl_trace_layout *layout) {
    struct cl_trace *trace = NULL;
    if (family && !layout->stacks && !layout->probes) trace = open_as(family, threads, count, layout);
    return trace ? trace : open_as(NULL, threads, count, layout);
}

void cl_trace_close(struct cl_trace *trace) {
    listener_end(&trace->listener);
    rings_end(&trace->rings);
    free(trace->points);
    free(trace);
}

int cl_trace_descriptors(const struct cl_trace *trace, int *descriptors, int room) {
    int count = rings_descriptors(&trace->rings, descriptors, room);
    if (trace->family && count < room) descriptors[count++] = trace->listener.waker;
    return count;
}

uint64_t cl_trace_lost(const struct cl_trace *trace) {
    return rings_lost(&trace->rings) + listener_lost(&trace->listener);
}

bool cl_trace_is_of_programs(const struct cl_trace *trace) {
    return trace->family;
}

// What perf tells of mappings and processes is of strangers, too. It tells of a fork a moment before a child is a member.
static bool concerns(const struct cl_trace *trace, const struct cl_trace_record *record) {
    bool of_all = record->kind == CL_MAPPED || record->kind == CL_FORKED || record->kind == CL_BECAME_PROGRAM;
    return !trace->family || !of_all || family_holds(trace->family, record->pid) ||
           (record->kind == CL_FORKED && family_holds(trace->family, record->parent));
}

bool cl_trace_next(struct cl_trace *trace, struct cl_trace_record *record) {
    uint32_t size;
    const unsigned char *bytes;
    while ((bytes = rings_next(&trace->rings, &size)))
        if (cl_trace_decode(&trace->layout, bytes, size, record) && concerns(trace, record)) return true;
    const struct told *told = listener_next(&trace->listener);
    if (told) decode_told(told, record);
    return told;
}
