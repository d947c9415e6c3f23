#define _GNU_SOURCE
#include <errno.h>
#include <linux/perf_event.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "calls.h"
#include "clinux_trace.h"
#include "listen.h"
#include "movers.h"
#include "process_tree.h"
#include "prove.h"
#include "record.h"
#include "rings.h"
#include "trace_layout.h"
#include "tracepoints.h"

// 200,000 records a second of some 130 bytes each fill the first in a third of a second.
enum { RING = 8 << 20, MANY_CPUS = 16, RING_OF_MANY = 2 << 20, ALL_RINGS = 64 << 20, RING_OF_CALLS = 4 << 20 };
// Of BPF programs, for each CPU of a ring that all share. To make one takes the kernel 0.3 ms for each MiB.
enum { SHARE_OF_MEMORY = 8 << 20, SHARE_OF_TRANSFERS = 2 << 20, SHARE_OF_CALLS = 1 << 19, RING_OF_PROCESSES = 1 << 19 };

struct stream {
    struct cl_trace_layout layout;
    struct cl_tracepoint *points;  // the layout's
    struct rings rings;            // the threads' events
    struct listener listener;      // the BPF programs
    enum cl_way way;
    int error;                     // why perf was refused
    int refused;                   // why BPF programs were
};

struct cl_trace {
    struct stream stream[CL_STREAMS];
    struct process_tree tree;  // the subject's processes, for the BPF programs
    struct dispatcher at[CALL_ENDS];
    struct stream processes;  // perf's records of all processes on each CPU, for the streams that have BPF programs
    int current;              // the stream that is being read
    char refusal[REFUSAL];  // why there are no BPF programs at all
    bool is_tree;           // as cl_trace_prepare was told
    int refused;            // errno of that
};

// MARK: perf events

static struct perf_event_attr attributes(const struct cl_trace_layout *layout, const struct cl_tracepoint *point) {
    uint32_t stack = trace_stack(layout);
    struct perf_event_attr asked = {
        .type = PERF_TYPE_TRACEPOINT,
        .size = sizeof(struct perf_event_attr),
        .config = point->id,
        .sample_period = 1,
        .sample_type = TRACE_SAMPLE | (layout->stacks ? PERF_SAMPLE_CALLCHAIN : 0) | (stack ? PERF_SAMPLE_STACK_USER : 0),
        .sample_regs_user = trace_registers(layout),
        .sample_stack_user = stack,
        .exclude_callchain_user = 1,  // it follows frame pointers, which most programs do not have
        .inherit = 1,
        .sample_id_all = 1,
        .use_clockid = 1,
        .clockid = CLOCK_MONOTONIC,
    };
    if (point->id) return asked;
    asked.type = PERF_TYPE_SOFTWARE;
    asked.config = point->kind == CL_FAULT ? PERF_COUNT_SW_PAGE_FAULTS : PERF_COUNT_SW_DUMMY;
    return asked;
}

// Executable mappings show which program a process runs. Names for addresses need all mappings and forks.
static void ask_for_processes(struct perf_event_attr *asked, const struct cl_trace_layout *layout) {
    asked->comm = asked->comm_exec = 1;
    asked->mmap = asked->mmap2 = 1;
    asked->mmap_data = !layout->calls || trace_has_mappings_for_calls(layout);
    asked->task = !layout->calls;
}

// Filters sys_enter to the watched calls, by the numbers of both ABIs. A tracepoint for each call (syscalls:sys_enter_mmap)
// would cost the subject 30 ns a system call instead of 110, but needs nine events for each thread and CPU.
static bool filter_calls(int event) {
    char text[1024] = "";
    size_t length = 0;
    for (int i = 0; i < calls_count; i++)
        for (int abi = 0; abi < ABIS; abi++)
            if (calls[i].act < CL_EXECVE && calls[i].number[abi] >= 0)
                length += (size_t)snprintf(text + length, sizeof(text) - length, "%sid==%d", length ? "||" : "",
                                           calls[i].number[abi]);
    return ioctl(event, PERF_EVENT_IOC_SET_FILTER, text) == 0;
}

static int open_point(const struct stream *stream, uint32_t number, int thread, int cpu) {
    const struct cl_tracepoint *point = &stream->points[number];
    struct perf_event_attr asked = attributes(&stream->layout, point);
    if (number == 0) ask_for_processes(&asked, &stream->layout);
    // An ordinary user may open this by default.
    asked.exclude_kernel = asked.exclude_hv = point->kind == CL_MAPPED;
    int event = rings_open_event(&asked, thread, cpu);
    if (event < 0 || point->kind != CL_CALL || filter_calls(event)) return event;
    int error = errno;
    close(event);
    errno = error;
    return -1;
}

static bool watch_thread(void *context, int thread, int cpu) {
    struct stream *stream = context;
    for (uint32_t i = 0; i < stream->layout.count; i++)
        if (!rings_take(&stream->rings, open_point(stream, i, thread, cpu))) return false;
    return true;
}

static bool begin_rings(struct rings *rings, uint64_t bytes, uint32_t watermark) {
    return rings_begin(rings, (int)sysconf(_SC_NPROCESSORS_CONF), bytes, watermark);
}

// The size of a CPU's ring. A record with the user stack has some 5 KiB.
static uint64_t bytes_of_cpu(const struct cl_trace_layout *layout) {
    if (layout->calls) return trace_has_mappings_for_calls(layout) ? RINGS_SMALLEST : RING_OF_CALLS;
    long cpus = sysconf(_SC_NPROCESSORS_CONF);
    uint64_t bytes = cpus > MANY_CPUS ? RING_OF_MANY : RING;
    while (layout->stacks && bytes * 2 * (uint64_t)cpus <= ALL_RINGS) bytes *= 2;
    return bytes;
}

static bool listen_by_events(struct stream *stream, const pid_t *threads, int count, uint64_t bytes) {
    for (uint32_t i = 0; i < stream->layout.count; i++)
        if (stream->points[i].id && stream->points[i].kind != CL_PROBE) tracepoints_hold(stream->points[i].id);
    uint32_t watermark = (stream->layout.calls ? RINGS_SMALLEST : RING_OF_MANY) / 4;
    bool begun = begin_rings(&stream->rings, bytes, watermark) &&
                 rings_watch(&stream->rings, threads, count, watch_thread, stream);
    stream->error = begun ? 0 : errno;
    stream->way = begun ? CL_BY_EVENTS : CL_NO_WAY;
    if (!begun) rings_end(&stream->rings);
    return begun;
}

// MARK: BPF programs

// The event counts nothing: it only makes perf report processes.
static bool watch_cpu(void *context, int thread, int cpu) {
    struct stream *stream = context;
    struct perf_event_attr asked = attributes(&stream->layout, &(struct cl_tracepoint){.kind = CL_MAPPED});
    ask_for_processes(&asked, &stream->layout);
    return rings_take(&stream->rings, rings_open_event(&asked, thread, cpu));
}

// The size of the ring that all CPUs share: a power of two, as BPF requires.
static uint64_t bytes_of_tree(const struct cl_trace_layout *layout) {
    uint64_t bytes = layout->calls ? SHARE_OF_CALLS : layout->transfers ? SHARE_OF_TRANSFERS : SHARE_OF_MEMORY;
    for (long cpus = sysconf(_SC_NPROCESSORS_CONF); cpus > 1 && bytes < ALL_RINGS; cpus = (cpus + 1) / 2) bytes *= 2;
    return bytes;
}

static bool may_use_bpf(const struct stream *stream, bool is_tree) {
    const struct cl_trace_layout *layout = &stream->layout;
    return (is_tree || layout->transfers) && layout->count > 0 && !layout->stacks && !layout->probes && !trace_has_mappings_for_calls(layout);
}

static bool listen_to_processes(struct cl_trace *trace, struct listener *listener) {
    struct stream *stream = &trace->processes;
    if (stream->way != CL_NO_WAY) return true;
    // Those that memory's stream asks for, if it has BPF programs: it needs more of them.
    stream->layout = trace->stream[may_use_bpf(&trace->stream[CL_MEMORY], trace->is_tree) ? CL_MEMORY : CL_CALLS].layout;
    if (begin_rings(&stream->rings, RING_OF_PROCESSES, RING_OF_PROCESSES / 4) &&
        rings_watch(&stream->rings, &(pid_t){EVERY_THREAD}, 1, watch_cpu, stream)) {
        stream->way = CL_BY_EVENTS;
        return true;
    }
    int error = errno;
    rings_end(&stream->rings);
    snprintf(listener->why, REFUSAL, "perf's records of processes: %s", strerror(error));
    errno = error;
    return false;
}

static struct listener *listen_by_bpf_program(struct cl_trace *trace, enum cl_stream number) {
    struct stream *stream = &trace->stream[number];
    struct listener *listener = &stream->listener;
    static bool (*const listen[])(struct listener *listener) = {listen_memory, listen_calls, listen_transfers};
    if (!may_use_bpf(stream, trace->is_tree)) return NULL;
    bool begun = listener_begin(listener, &trace->tree, trace->at, bytes_of_tree(&stream->layout)) &&
                 (stream->layout.transfers || listen_to_processes(trace, listener));
    bool listens = begun && listen[number](listener);
    if (!listens) stream->refused = errno;
    return listens ? listener : NULL;
}

// Mappings show which file an address is of, and which program a process runs.
static bool needs_processes(const struct cl_trace *trace) {
    return trace->stream[CL_MEMORY].way == CL_BY_BPF || trace->stream[CL_CALLS].way == CL_BY_BPF;
}

static void end_processes(struct cl_trace *trace) {
    rings_end(&trace->processes.rings);
    trace->processes.way = CL_NO_WAY;
}

// What a second CPU does meanwhile. Without a thread it is done when it is waited for.
struct apart {
    pthread_t thread;
    bool has_thread;
    void *(*act)(void *context);
    void *context;
};

static void begin_apart(struct apart *apart, void *(*act)(void *context), void *context) {
    apart->act = act;
    apart->context = context;
    apart->has_thread = pthread_create(&apart->thread, NULL, act, context) == 0;
}

static void *await_apart(struct apart *apart) {
    void *result = NULL;
    if (apart->has_thread) pthread_join(apart->thread, &result);
    else if (apart->act) result = apart->act(apart->context);
    *apart = (struct apart){0};
    return result;
}

static void *listen_to_transfers(void *context) {
    return listen_by_bpf_program(context, CL_TRANSFERS);
}

// If it is refused, so are those that watch system calls.
static void attach_dispatcher(struct cl_trace *trace, struct dispatcher *dispatcher, struct listener *listening[CL_STREAMS]) {
    char why[REFUSAL];
    if (dispatcher_attach(dispatcher, why)) return;
    for (int i = CL_CALLS; i < CL_STREAMS; i++) {
        if (!listening[i]) continue;
        trace->stream[i].refused = errno;
        memcpy(listening[i]->why, why, REFUSAL);
        listening[i] = NULL;
    }
}

// Each BPF program must report acts of this process before it is relied on (prove.h). The verifier takes as long for those of
// transfers as for all others.
static void listen_by_bpf_programs(struct cl_trace *trace) {
    struct apart transfers;
    begin_apart(&transfers, listen_to_transfers, trace);
    struct listener *memory = listen_by_bpf_program(trace, CL_MEMORY);
    struct listener *calls = listen_by_bpf_program(trace, CL_CALLS);
    struct listener *all[CL_STREAMS] = {memory, calls, await_apart(&transfers)};
    for (int i = 0; i < CALL_ENDS; i++) attach_dispatcher(trace, &trace->at[i], all);
    prove(&trace->tree, all[CL_MEMORY], all[CL_CALLS], all[CL_TRANSFERS]);
    for (int i = 0; i < CL_STREAMS; i++) {
        struct stream *stream = &trace->stream[i];
        if (stream->listener.is_relied_on) stream->way = CL_BY_BPF;
        else listener_end(&stream->listener);
    }
    if (!needs_processes(trace)) end_processes(trace);
}

static void end_bpf(struct cl_trace *trace) {
    for (int i = 0; i < CALL_ENDS; i++) dispatcher_end(&trace->at[i]);
    process_tree_end(&trace->tree);
}

// Only the witness of transfers can begin with a process that has run already: the others need what it has mapped, and its
// threads' stacks and probes.
static void try_bpf(struct cl_trace *trace, bool is_tree) {
    bool wanted = false, used = false;
    trace->is_tree = is_tree;
    for (int i = 0; i < CL_STREAMS; i++) wanted |= may_use_bpf(&trace->stream[i], is_tree);
    if (!wanted) return;
    trace->refused = 0;
    if (process_tree_begin(&trace->tree, trace->refusal) &&
        dispatcher_begin(&trace->at[AT_ENTER], &trace->tree, AT_ENTER, trace->refusal) &&
        dispatcher_begin(&trace->at[AT_EXIT], &trace->tree, AT_EXIT, trace->refusal)) {
        listen_by_bpf_programs(trace);
    } else {
        trace->refused = errno;
    }
    for (int i = 0; i < CL_STREAMS; i++) used |= trace->stream[i].way != CL_NO_WAY;
    if (!used) end_bpf(trace);
}

// MARK: opening

static bool take_layout(struct stream *stream, const struct cl_trace_layout *layout) {
    if (!layout) return true;
    stream->layout = *layout;
    stream->layout.points = stream->points = calloc(layout->count + 1, sizeof(struct cl_tracepoint));
    if (stream->points) memcpy(stream->points, layout->points, layout->count * sizeof(struct cl_tracepoint));
    return stream->points;
}

static struct apart closing;

// What is being closed still counts against limits.
static struct cl_trace *new_trace(const struct cl_trace_layout *const layouts[CL_STREAMS]) {
    await_apart(&closing);
    struct cl_trace *trace = calloc(1, sizeof(*trace));
    bool whole = trace;
    for (int i = 0; i < CL_STREAMS && whole; i++) whole = take_layout(&trace->stream[i], layouts[i]);
    if (whole) return trace;
    if (trace) cl_trace_close(trace);
    return NULL;
}

struct cl_trace *cl_trace_prepare(bool is_tree, const struct cl_trace_layout *const layouts[CL_STREAMS]) {
    struct cl_trace *trace = new_trace(layouts);
    if (trace) try_bpf(trace, is_tree);
    return trace;
}

void cl_trace_watch(struct cl_trace *trace, const pid_t *threads, int count, pid_t process) {
    if (trace->tree.bits) process_tree_add(&trace->tree, process);
    for (int i = 0; i < CL_STREAMS; i++) {
        struct stream *stream = &trace->stream[i];
        if (stream->layout.count > 0 && stream->way == CL_NO_WAY && !stream->layout.transfers)
            listen_by_events(stream, threads, count, bytes_of_cpu(&stream->layout));
    }
}

void cl_trace_close(struct cl_trace *trace) {
    for (int i = 0; i < CL_STREAMS; i++) {
        listener_end(&trace->stream[i].listener);
        rings_end(&trace->stream[i].rings);
        free(trace->stream[i].points);
    }
    end_processes(trace);
    end_bpf(trace);
    free(trace);
}

static void *close_trace(void *trace) {
    cl_trace_close(trace);
    return NULL;
}

void cl_trace_close_apart(struct cl_trace *trace) {
    await_apart(&closing);
    begin_apart(&closing, close_trace, trace);
}

bool cl_trace_is_granted(const struct cl_trace_layout *layout) {
    struct stream stream = {0};
    errno = ENOMEM;
    bool granted = take_layout(&stream, layout) && listen_by_events(&stream, &(pid_t){0}, 1, RINGS_SMALLEST);
    int error = errno;
    rings_end(&stream.rings);
    free(stream.points);
    errno = error;
    return granted;
}

int cl_trace_try_bpf(char *why, size_t room) {
    const struct cl_tracepoint memory = {.kind = CL_FAULT}, calls = {.kind = CL_CALL}, transfers = {.kind = CL_MOVES};
    const struct cl_trace_layout of_memory = {.points = &memory, .count = 1};
    const struct cl_trace_layout of_calls = {.points = &calls, .count = 1, .calls = true};
    const struct cl_trace_layout of_transfers = {.points = &transfers, .count = 1, .transfers = true};
    struct cl_trace *trace = new_trace((const struct cl_trace_layout *[]){&of_memory, &of_calls, &of_transfers});
    if (!trace) return ENOMEM;
    try_bpf(trace, true);
    why[0] = 0;
    for (int i = 0; i < CL_STREAMS && !why[0]; i++) snprintf(why, room, "%s", cl_trace_refusal(trace, (enum cl_stream)i));
    int error = !why[0] ? 0 : ENOTSUP;
    for (int i = 0; i < CL_STREAMS && why[0] && error == ENOTSUP; i++)
        if (trace->stream[i].refused) error = trace->stream[i].refused;
    if (why[0] && trace->refused) error = trace->refused;
    cl_trace_close(trace);
    return error;
}

// MARK: state

enum cl_way cl_trace_way(const struct cl_trace *trace, enum cl_stream stream) {
    return trace->stream[stream].way;
}

int cl_trace_error(const struct cl_trace *trace, enum cl_stream stream) {
    return trace->stream[stream].error;
}

const char *cl_trace_refusal(const struct cl_trace *trace, enum cl_stream stream) {
    if (trace->stream[stream].way == CL_BY_BPF || !may_use_bpf(&trace->stream[stream], trace->is_tree)) return "";
    const char *why = trace->stream[stream].listener.why;
    return why[0] ? why : trace->refusal;
}

int cl_trace_descriptors(const struct cl_trace *trace, int *descriptors, int room) {
    int count = rings_descriptors(&trace->processes.rings, descriptors, room);
    for (int i = 0; i < CL_STREAMS; i++) {
        const struct stream *stream = &trace->stream[i];
        count += rings_descriptors(&stream->rings, descriptors + count, room - count);
        if (stream->way == CL_BY_BPF && count < room) descriptors[count++] = stream->listener.waker;
    }
    return count;
}

uint64_t cl_trace_lost(const struct cl_trace *trace, enum cl_stream stream) {
    bool has_processes = stream != CL_TRANSFERS && trace->stream[stream].way == CL_BY_BPF;
    return rings_lost(&trace->stream[stream].rings) + listener_lost(&trace->stream[stream].listener) +
           (has_processes ? rings_lost(&trace->processes.rings) : 0);
}

const char *cl_trace_why_no_pages(const struct cl_trace *trace) {
    return trace->stream[CL_TRANSFERS].listener.why_no_pages;
}

// MARK: reading

// perf reports processes outside the tree, too. It reports a fork a moment before the child is a member.
static bool concerns(const struct process_tree *tree, const struct cl_trace_record *record) {
    return record->kind == CL_TRACE_LOST || record->kind == CL_TRACE_MALFORMED || process_tree_holds(tree, record->pid) ||
           (record->kind == CL_FORKED && process_tree_holds(tree, record->parent));
}

// A call that moves data from one file to another is a write if the file written to is an O_DIRECT file, else a read.
static void take_move(const struct event_record *event, struct cl_trace_record *record) {
    const struct mover *mover = movers_find(event->is_i386 ? ABI_I386 : ABI_X86_64, event->number[0]);
    if (!mover) return;
    record->act = mover->move;
    record->writes = mover->writes != NO_FILE && event->number[1] >> mover->writes & 1;
    record->reads = !record->writes;
    record->bytes = mover->has_length ? event->number[2] : 0;
}

static void take_transfer(const struct event_record *event, struct cl_trace_record *record) {
    record->address = event->number[3];
    switch (event->kind) {
        case CL_MOVES:
            take_move(event, record);
            record->is_locked = event->number[4] != UINT64_MAX ? 1 + (event->number[4] & 1) : 0;
            record->locked_pages = event->number[4] >> 1;
            break;
        case CL_MOVED:
            record->act = CL_IO_SUBMIT;
            take_move(event, record);
            record->result = (int64_t)event->number[1];
            break;
        case CL_SUBMITS:
            record->act = CL_IO_SUBMIT;
            record->reads = (uint32_t)event->number[1];
            record->writes = (uint32_t)(event->number[1] >> 32);
            record->bytes = event->number[2];
            record->direct = event->number[4];
            break;
        case CL_PAGES:
            memcpy(record->argument, event->number, sizeof(record->argument));
            record->parent = (int32_t)event->number[3];
            record->address = event->number[4] & ~UINT64_C(3);
            record->reads = event->number[4] & 1;
            record->writes = event->number[4] >> 1 & 1;
            break;
        case CL_COMPLETED:
            record->act = CL_IO_URING;
            record->writes = movers_request_writes(event->number[0]);
            record->reads = !record->writes;
            record->result = (int64_t)event->number[1];
            break;
    }
}

// TRAP: free gives the end of the heap back by brk, which looks like an allocation. A brk that moves the end down releases, as
// munmap does. Fixture: frees-trim.c
static bool take_call(const struct event_record *event, struct cl_trace_record *record) {
    uint64_t end = event->number[1];
    if (!calls_take(event->is_i386 ? ABI_I386 : ABI_X86_64, event->number[0], event->number + 1, record)) return false;
    if (record->act != CL_BRK || end >= event->number[4]) return true;
    record->act = CL_LOWER_BRK;
    record->bytes = event->number[4] - end;
    return true;
}

// What PR_SET_IO_FLUSHER sets: PF_MEMALLOC_NOIO and PF_LOCAL_THROTTLE (include/linux/sched.h, kernel/sys.c). Many parts of the
// kernel set the former alone for a while.
static uint32_t is_flusher(uint64_t known_flags) {
    enum { IO_FLUSHER = 0x00180000 };
    if (!known_flags) return 0;
    return (known_flags >> 1 & IO_FLUSHER) == IO_FLUSHER ? 2 : 1;
}

static bool decode_event(const struct event_record *event, struct cl_trace_record *record) {
    if (event->kind == CL_NOTHING) return false;
    memset(record, 0, offsetof(struct cl_trace_record, frame));
    record->kind = event->kind;
    record->nanoseconds = event->nanoseconds;
    record->pid = event->pid;
    record->tid = event->tid;
    record->in_interrupt = event->in_interrupt;
    record->user_ip = event->user_ip;
    record->user_sp = event->user_sp;
    record->faults = event->faults;
    record_text((const unsigned char *)event->text, event->text_bytes, 0, record->text, sizeof(record->text));
    if (event->kind >= CL_MOVES && event->kind <= CL_PAGES) {
        take_transfer(event, record);
        return true;
    }
    if (event->kind == CL_CALL) return take_call(event, record);
    if (event->kind == CL_SHARES_MEMORY) {
        record->is_awaited = (event->number[0] & CLONE_VFORK) != 0;
        return true;
    }
    if (event->kind != CL_FAULT) record->is_flusher = is_flusher(event->number[4]);
    if (event->kind == CL_PAGE_ALLOC) {
        record->bytes = UINT64_C(4096) << event->number[0];
        record->gfp = event->number[1];
        record->site = event->number[2];
        record->outer_site = event->number[3];
    } else {
        *(event->kind == CL_FAULT ? &record->address : &record->site) = event->number[0];
        record->bytes = event->number[1];
        record->gfp = event->number[2];
    }
    return true;
}

static bool next_of_stream(struct stream *stream, struct cl_trace_record *record) {
    uint32_t size;
    const unsigned char *bytes;
    while ((bytes = rings_next(&stream->rings, &size)))
        if (cl_trace_decode(&stream->layout, bytes, size, record)) return true;
    const struct event_record *event;
    while ((event = listener_next(&stream->listener)))
        if (decode_event(event, record)) return true;
    return false;
}

static void mark(struct stream *stream) {
    rings_mark(&stream->rings);
    listener_mark(&stream->listener);
}

void cl_trace_mark(struct cl_trace *trace) {
    for (int i = 0; i < CL_STREAMS; i++) mark(&trace->stream[i]);
    mark(&trace->processes);
}

static bool next_of_processes(struct cl_trace *trace, struct cl_trace_record *record) {
    while (next_of_stream(&trace->processes, record))
        if (concerns(&trace->tree, record)) return true;
    return false;
}

bool cl_trace_next(struct cl_trace *trace, struct cl_trace_record *record, enum cl_stream *stream) {
    // One stream to its end: to find that one is empty takes longer than to read a record.
    for (; trace->current <= CL_PROCESSES; trace->current++) {
        *stream = (enum cl_stream)trace->current;
        bool is_there = *stream == CL_PROCESSES ? next_of_processes(trace, record) : next_of_stream(&trace->stream[*stream], record);
        if (is_there) return true;
    }
    trace->current = 0;
    return false;
}
