#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "clinux_witness.h"
#include "listen.h"
#include "record.h"
#include "rings.h"
#include "tracepoints.h"

// Of the family there are two rings: what its programs tell, and for each CPU what perf tells of everybody's programs.
enum { LARGEST_RING = 4 << 20, RING_OF_FAMILY = 1 << 20, RING_OF_PROGRAMS = 1 << 19 };

struct cl_perf {
    struct rings rings;
    struct cl_sys_enter tracepoint;  // id 0: what perf tells of mappings by itself is all there is
    struct cl_family *family;        // null: each thread has events of its own
    struct listener listener;
};

// What is looked at: raw_syscalls:sys_enter with a filter. The tracepoints of each call (syscalls:sys_enter_mmap) would cost
// the subject 30 ns a system call instead of 110, but need nine events for each thread and CPU.
static const struct {
    long number;
    int length;  // which of its arguments names a length; -1: none
} calls[CL_SYSCALLS] = {
    [CL_MMAP] = {SYS_mmap, 1},
    [CL_MUNMAP] = {SYS_munmap, 1},
    [CL_MREMAP] = {SYS_mremap, 2},
    [CL_BRK] = {SYS_brk, -1},
    [CL_MLOCKALL] = {SYS_mlockall, -1},
    [CL_MUNLOCK] = {SYS_munlock, 1},
    [CL_MUNLOCKALL] = {SYS_munlockall, -1},
    [CL_SHMAT] = {SYS_shmat, -1},
    [CL_REMAP_FILE_PAGES] = {SYS_remap_file_pages, 1},
};

// MARK: opening

static struct perf_event_attr attributes(const struct cl_perf *perf) {
    bool traces = perf->tracepoint.id != 0;
    bool samples = traces && !perf->family;
    return (struct perf_event_attr){
        .type = samples ? PERF_TYPE_TRACEPOINT : PERF_TYPE_SOFTWARE,
        .size = sizeof(struct perf_event_attr),
        .config = samples ? perf->tracepoint.id : PERF_COUNT_SW_DUMMY,
        .sample_period = 1,
        .sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_RAW,
        .inherit = 1,
        .sample_id_all = 1,
        .use_clockid = 1,
        .clockid = CLOCK_MONOTONIC,
        .watermark = 1,
        .wakeup_watermark = RINGS_SMALLEST / 4,
        .comm = 1,
        .comm_exec = 1,
        .mmap = 1,
        .mmap2 = 1,
        .mmap_data = !traces,
        .exclude_kernel = !traces,  // what an ordinary user may have by default
        .exclude_hv = !traces,
    };
}

static bool filter(int event) {
    char text[CL_SYSCALLS * 16] = "";
    size_t length = 0;
    for (uint32_t act = 0; act < CL_SYSCALLS; act++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%sid==%ld", act ? "||" : "", calls[act].number);
    return ioctl(event, PERF_EVENT_IOC_SET_FILTER, text) == 0;
}

static bool watch_thread(void *context, int thread, int cpu) {
    struct cl_perf *perf = context;
    struct perf_event_attr asked = attributes(perf);
    int event = rings_open_event(&asked, thread, cpu);
    if (event < 0 || !perf->tracepoint.id || filter(event)) return rings_take(&perf->rings, event);
    int error = errno;
    close(event);
    errno = error;
    return false;
}

static bool begin_rings(struct cl_perf *perf, uint64_t bytes) {
    return rings_begin(&perf->rings, (int)sysconf(_SC_NPROCESSORS_CONF), bytes);
}

static bool watch_threads(struct cl_perf *perf, const pid_t *threads, int count) {
    if (perf->tracepoint.id) tracepoints_hold(perf->tracepoint.id);
    return begin_rings(perf, perf->tracepoint.id ? LARGEST_RING : RINGS_SMALLEST) &&
           rings_watch(&perf->rings, threads, count, watch_thread, perf);
}

static bool watch_cpu(void *context, int thread, int cpu) {
    struct cl_perf *perf = context;
    struct perf_event_attr asked = attributes(perf);
    return rings_take(&perf->rings, rings_open_event(&asked, thread, cpu));
}

static bool watch_family(struct cl_perf *perf, struct cl_family *family) {
    long numbers[CL_SYSCALLS];
    for (int act = 0; act < CL_SYSCALLS; act++) numbers[act] = calls[act].number;
    perf->family = family;
    return listener_begin(&perf->listener, family, RING_OF_FAMILY) && begin_rings(perf, RING_OF_PROGRAMS) &&
           rings_watch(&perf->rings, &(pid_t){-1}, 1, watch_cpu, perf) &&
           (perf->listener.is_relied_on = listen_sys_enter(&perf->listener, numbers, CL_SYSCALLS, 0));
}

static struct cl_perf *open_as(struct cl_family *family, const pid_t *threads, int count,
                               const struct cl_sys_enter *tracepoint) {
    struct cl_perf *perf = calloc(1, sizeof(*perf));
    if (!perf) return NULL;
    if (tracepoint) perf->tracepoint = *tracepoint;
    if (family ? watch_family(perf, family) : watch_threads(perf, threads, count)) return perf;
    int error = errno;
    cl_perf_close(perf);
    errno = error;
    return NULL;
}

struct cl_perf *cl_perf_open(struct cl_family *family, const pid_t *threads, int count,
                             const struct cl_sys_enter *tracepoint) {
    struct cl_perf *perf = family && tracepoint ? open_as(family, threads, count, tracepoint) : NULL;
    return perf ? perf : open_as(NULL, threads, count, tracepoint);
}

void cl_perf_close(struct cl_perf *perf) {
    listener_end(&perf->listener);
    rings_end(&perf->rings);
    free(perf);
}

bool cl_perf_is_of_programs(const struct cl_perf *perf) {
    return perf->family;
}

uint64_t cl_perf_lost(const struct cl_perf *perf) {
    return rings_lost(&perf->rings) + listener_lost(&perf->listener);
}

int cl_perf_descriptors(const struct cl_perf *perf, int *descriptors, int room) {
    int count = rings_descriptors(&perf->rings, descriptors, room);
    if (perf->family && count < room) descriptors[count++] = perf->listener.waker;
    return count;
}

// MARK: reading

static uint32_t number32(const unsigned char *bytes, uint32_t size, uint64_t offset) {
    return (uint32_t)record_number(bytes, size, offset, sizeof(uint32_t));
}

static uint64_t number64(const unsigned char *bytes, uint32_t size, uint64_t offset) {
    return record_number(bytes, size, offset, sizeof(uint64_t));
}

static bool take_call(uint64_t number, const uint64_t arguments[3], struct cl_record *record) {
    for (uint32_t act = 0; act < CL_SYSCALLS; act++) {
        if ((uint64_t)calls[act].number != number) continue;
        record->act = act;
        if (act == CL_BRK && arguments[0] == 0) return false;  // it only asks
        if (calls[act].length >= 0) record->bytes = arguments[calls[act].length];
        return true;
    }
    return false;
}

// perf_event_open(2): a sample of TID, TIME and RAW.
static bool read_sample(const struct cl_perf *perf, const unsigned char *bytes, uint32_t size, struct cl_record *record) {
    enum { PID = 8, TID = 12, TIME = 16, RAW = 28 };
    record->pid = (int32_t)number32(bytes, size, PID);
    record->tid = (int32_t)number32(bytes, size, TID);
    record->nanoseconds = number64(bytes, size, TIME);
    uint64_t arguments[3];
    for (uint32_t i = 0; i < 3; i++)
        arguments[i] = number64(bytes, size, RAW + (uint64_t)perf->tracepoint.arguments_at + 8 * i);
    return take_call(number64(bytes, size, RAW + (uint64_t)perf->tracepoint.id_at), arguments, record);
}

static bool read_told(const struct told *told, struct cl_record *record) {
    memset(record, 0, offsetof(struct cl_record, path) + 1);
    record->pid = told->pid;
    record->tid = told->tid;
    record->nanoseconds = told->nanoseconds;
    return take_call(told->number[0], told->number + 1, record);
}

// What follows every other record (sample_id_all): pid, tid, time.
static void read_trailer(const unsigned char *bytes, uint32_t size, struct cl_record *record) {
    record->pid = (int32_t)number32(bytes, size, size - 16u);
    record->tid = (int32_t)number32(bytes, size, size - 12u);
    record->nanoseconds = number64(bytes, size, size - 8u);
}

// Without the tracepoint the kernel tells of what has been mapped: by brk if that is the heap, else by mmap, or changed by
// mprotect, which looks the same.
static uint32_t mapping_act(const char *path) {
    return strcmp(path, "[heap]") == 0 ? CL_BRK : CL_MMAP;
}

static bool interpret(const struct cl_perf *perf, const unsigned char *bytes, uint32_t size, struct cl_record *record) {
    enum { MISC = 4, LOST_COUNT = 16, COMM_NAME = 16, MMAP2_LENGTH = 24, MMAP2_PATH = 72 };
    uint32_t type = number32(bytes, size, 0);
    memset(record, 0, offsetof(struct cl_record, path) + 1);
    if (type == PERF_RECORD_SAMPLE) return read_sample(perf, bytes, size, record);
    read_trailer(bytes, size, record);
    switch (type) {
        case PERF_RECORD_LOST:
            record->act = CL_LOST;
            record->bytes = number64(bytes, size, LOST_COUNT);
            return true;
        case PERF_RECORD_COMM:
            record->act = CL_EXEC;
            record_text(bytes, size, COMM_NAME, record->path, sizeof(record->path));
            return number32(bytes, size, MISC) & PERF_RECORD_MISC_COMM_EXEC;
        case PERF_RECORD_MMAP2:
            record_text(bytes, size, MMAP2_PATH, record->path, sizeof(record->path));
            record->act = perf->tracepoint.id ? CL_CODE : mapping_act(record->path);
            record->bytes = number64(bytes, size, MMAP2_LENGTH);
            return true;
        default: return false;
    }
}

// What perf tells of mappings and programs is of strangers, too.
static bool concerns(const struct cl_perf *perf, const struct cl_record *record) {
    return !perf->family || record->act == CL_LOST || family_holds(perf->family, record->pid);
}

bool cl_perf_next(struct cl_perf *perf, struct cl_record *record) {
    uint32_t size;
    const unsigned char *bytes;
    while ((bytes = rings_next(&perf->rings, &size)))
        if (interpret(perf, bytes, size, record) && concerns(perf, record)) return true;
    const struct told *told;
    while ((told = listener_next(&perf->listener)))
        if (read_told(told, record)) return true;
    return false;
}
