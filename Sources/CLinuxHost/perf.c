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
#include "record.h"
#include "rings.h"
#include "tracepoints.h"

enum { LARGEST_RING = 4 << 20 };

struct cl_perf {
    struct rings rings;
    struct cl_sys_enter tracepoint;  // id 0: what perf tells of mappings by itself is all there is
};

// What is looked at: raw_syscalls:sys_enter with a filter, one event for each CPU and thread. The tracepoints of each call
// (syscalls:sys_enter_mmap) would cost the subject 30 ns a system call instead of 110, but need nine events for each.
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

static int open_event(const struct cl_perf *perf, pid_t pid, int cpu) {
    bool traces = perf->tracepoint.id != 0;
    struct perf_event_attr attributes = {
        .type = traces ? PERF_TYPE_TRACEPOINT : PERF_TYPE_SOFTWARE,
        .size = sizeof(attributes),
        .config = traces ? perf->tracepoint.id : PERF_COUNT_SW_DUMMY,
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
    return rings_open_event(&attributes, pid, cpu);
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
    int event = open_event(perf, thread, cpu);
    if (event < 0 || !perf->tracepoint.id || filter(event)) return rings_take(&perf->rings, event);
    int error = errno;
    close(event);
    errno = error;
    return false;
}

struct cl_perf *cl_perf_open(const pid_t *threads, int count, const struct cl_sys_enter *tracepoint) {
    int cpus = (int)sysconf(_SC_NPROCESSORS_CONF);
    struct cl_perf *perf = calloc(1, sizeof(*perf));
    if (!perf) return NULL;
    if (tracepoint) perf->tracepoint = *tracepoint;
    bool opened = rings_begin(&perf->rings, cpus, tracepoint ? LARGEST_RING : RINGS_SMALLEST);
    if (opened && tracepoint) tracepoints_hold(tracepoint->id);
    if (opened && rings_watch(&perf->rings, threads, count, watch_thread, perf)) return perf;
    int error = errno;
    cl_perf_close(perf);
    errno = error;
    return NULL;
}

void cl_perf_close(struct cl_perf *perf) {
    rings_end(&perf->rings);
    free(perf);
}

uint64_t cl_perf_lost(const struct cl_perf *perf) {
    return rings_lost(&perf->rings);
}

int cl_perf_descriptors(const struct cl_perf *perf, int *descriptors, int room) {
    return rings_descriptors(&perf->rings, descriptors, room);
}

// MARK: reading

static uint32_t number32(const unsigned char *bytes, uint32_t size, uint64_t offset) {
    return (uint32_t)record_number(bytes, size, offset, sizeof(uint32_t));
}

static uint64_t number64(const unsigned char *bytes, uint32_t size, uint64_t offset) {
    return record_number(bytes, size, offset, sizeof(uint64_t));
}

// perf_event_open(2): a sample of TID, TIME and RAW.
static bool read_sample(const struct cl_perf *perf, const unsigned char *bytes, uint32_t size, struct cl_record *record) {
    enum { PID = 8, TID = 12, TIME = 16, RAW = 28 };
    record->pid = (int32_t)number32(bytes, size, PID);
    record->tid = (int32_t)number32(bytes, size, TID);
    record->nanoseconds = number64(bytes, size, TIME);
    uint64_t number = number64(bytes, size, RAW + (uint64_t)perf->tracepoint.id_at);
    uint64_t arguments = RAW + (uint64_t)perf->tracepoint.arguments_at;
    for (uint32_t act = 0; act < CL_SYSCALLS; act++) {
        if ((uint64_t)calls[act].number != number) continue;
        record->act = act;
        if (act == CL_BRK && number64(bytes, size, arguments) == 0) return false;  // it only asks
        if (calls[act].length >= 0) record->bytes = number64(bytes, size, arguments + 8 * (uint32_t)calls[act].length);
        return true;
    }
    return false;
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

bool cl_perf_next(struct cl_perf *perf, struct cl_record *record) {
    uint32_t size;
    const unsigned char *bytes;
    while ((bytes = rings_next(&perf->rings, &size)))
        if (interpret(perf, bytes, size, record)) return true;
    return false;
}
