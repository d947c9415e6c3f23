#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clinux_trace.h"
#include "rings.h"
#include "trace_layout.h"
#include "tracepoints.h"

// 200,000 records a second of some 130 bytes each fill this in a third of a second.
enum { RING = 8 << 20, MANY_CPUS = 16, RING_OF_MANY = 2 << 20 };

struct cl_trace {
    struct rings rings;
    struct cl_trace_layout layout;
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

// Tells of page faults, mappings and processes; -1 with errno set. Page faults by perf's own event, since each event more
// costs the subject some 0.3 us at every switch of its threads, and exceptions:page_fault_user and page_fault_kernel would be
// two.
static int open_faults(const struct cl_trace_layout *layout, pid_t thread, int cpu) {
    struct perf_event_attr asked = attributes(layout);
    asked.type = PERF_TYPE_SOFTWARE;
    asked.config = PERF_COUNT_SW_PAGE_FAULTS;
    asked.comm = asked.comm_exec = 1;
    asked.mmap = asked.mmap2 = asked.mmap_data = 1;
    asked.task = 1;
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

struct cl_trace *cl_trace_open(const pid_t *threads, int count, const struct cl_trace_layout *layout) {
    int cpus = (int)sysconf(_SC_NPROCESSORS_CONF);
    struct cl_trace *trace = calloc(1, sizeof(*trace));
    if (!trace) return NULL;
    size_t points = layout->count * sizeof(struct cl_tracepoint);
    struct cl_tracepoint *copy = malloc(points + 1);
    trace->layout = (struct cl_trace_layout){copy, layout->count, layout->stacks, layout->probes};
    bool opened = copy && rings_begin(&trace->rings, cpus, cpus > MANY_CPUS ? RING_OF_MANY : RING);
    if (opened) memcpy(copy, layout->points, points);
    for (uint32_t i = 0; opened && i < layout->count; i++)
        if (layout->points[i].kind != CL_PROBE) tracepoints_hold(layout->points[i].id);
    if (opened && rings_watch(&trace->rings, threads, count, watch_thread, trace)) return trace;
    int error = errno;
    cl_trace_close(trace);
    errno = error;
    return NULL;
}

void cl_trace_close(struct cl_trace *trace) {
    rings_end(&trace->rings);
    free((void *)trace->layout.points);
    free(trace);
}

int cl_trace_descriptors(const struct cl_trace *trace, int *descriptors, int room) {
    return rings_descriptors(&trace->rings, descriptors, room);
}

uint64_t cl_trace_lost(const struct cl_trace *trace) {
    return rings_lost(&trace->rings);
}

bool cl_trace_next(struct cl_trace *trace, struct cl_trace_record *record) {
    uint32_t size;
    const unsigned char *bytes;
    while ((bytes = rings_next(&trace->rings, &size)))
        if (cl_trace_decode(&trace->layout, bytes, size, record)) return true;
    return false;
}
