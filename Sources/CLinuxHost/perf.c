#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "clinux_witness.h"

// An ordinary user may lock but little for a ring (kernel.perf_event_mlock_kb), so that smaller ones are tried too.
enum { FORMAT_LOST = 1 << 4 };  // PERF_FORMAT_LOST, Linux 6.0
enum { LARGEST_RING = 4 << 20, SMALLEST_RING = 128 << 10 };

struct ring {
    int event;                             // its descriptor
    struct perf_event_mmap_page *control;  // the ring itself begins a page later
};

struct cl_perf {
    int rings;
    int current;           // the one that is being read
    uint64_t ring_bytes;
    uint64_t tracepoint;   // its number; 0: what perf tells of mappings by itself is all there is
    uint32_t id_at;        // where in a raw record the system call's number stands, and its arguments
    uint32_t arguments_at;
    struct ring ring[];
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

// MARK: tracefs

int cl_open_tracefs(void) {
    static const char *const places[] = {"/sys/kernel/tracing/", "/sys/kernel/debug/tracing/"};
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        // An empty directory stands there where it is not mounted.
        int fd = open(places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 && errno != ENOENT) return -1;
        if (fd >= 0 && faccessat(fd, "events", F_OK, 0) == 0) return fd;
        if (fd >= 0) close(fd);
    }
    int context = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
    if (context < 0) return -1;
    int mount = -1;
    if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
        mount = (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
    int error = errno;
    close(context);
    errno = error;
    return mount;
}

static bool read_event_file(int tracefs, const char *file, char *text, size_t room) {
    int fd = openat(tracefs, file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t length = read(fd, text, room - 1);
    close(fd);
    text[length > 0 ? length : 0] = 0;
    return length > 0;
}

// The offset that a format file gives for a field, or 0.
static uint32_t offset_of(const char *format, const char *field) {
    char wanted[32];
    snprintf(wanted, sizeof(wanted), " %s;\toffset:", field);
    const char *at = strstr(format, wanted);
    return at ? (uint32_t)strtoul(at + strlen(wanted), NULL, 10) : 0;
}

// The tracepoint's number, or 0 with errno set.
static uint64_t read_tracepoint(struct cl_perf *perf) {
    int tracefs = cl_open_tracefs();
    if (tracefs < 0) return 0;
    char id[32], format[4096];
    bool read_both = read_event_file(tracefs, "events/raw_syscalls/sys_enter/id", id, sizeof(id)) &&
                     read_event_file(tracefs, "events/raw_syscalls/sys_enter/format", format, sizeof(format));
    close(tracefs);
    if (!read_both) return 0;
    perf->id_at = offset_of(format, "id");
    perf->arguments_at = offset_of(format, "args[6]");
    errno = ENOENT;
    return perf->id_at && perf->arguments_at ? strtoull(id, NULL, 10) : 0;
}

// MARK: the tracepoint's end

// Ending a tracepoint's last event makes the kernel wait for every CPU (tracepoint_synchronize_unregister), tens of
// milliseconds in which no other can begin. So one event stays open, and a process of its own ends it after dioaudit: a
// little later, for the sake of runs that follow each other in a loop.
static int held = -1;

static void end_in_background(void) {
    if (fork() != 0) return;
    // Nobody who waits for the end of what we have inherited shall wait for it.
    dup2(held, 0);
    syscall(SYS_close_range, 1, ~0u, 0);
    usleep(150 * 1000);
    _exit(0);
}

static void hold(uint64_t tracepoint) {
    if (held >= 0) return;
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attributes), .config = tracepoint, .disabled = 1};
    held = (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
    if (held >= 0) atexit(end_in_background);
}

// MARK: opening

static int open_event(const struct cl_perf *perf, pid_t pid, int cpu) {
    bool traces = perf->tracepoint != 0;
    struct perf_event_attr attributes = {
        .type = traces ? PERF_TYPE_TRACEPOINT : PERF_TYPE_SOFTWARE,
        .size = sizeof(attributes),
        .config = traces ? perf->tracepoint : PERF_COUNT_SW_DUMMY,
        .sample_period = 1,
        .sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_RAW,
        .inherit = 1,
        .sample_id_all = 1,
        .use_clockid = 1,
        .clockid = CLOCK_MONOTONIC,
        .watermark = 1,
        .wakeup_watermark = SMALLEST_RING / 4,
        .comm = 1,
        .comm_exec = 1,
        .mmap = 1,
        .mmap2 = 1,
        .mmap_data = !traces,
        .exclude_kernel = !traces,  // what an ordinary user may have by default
        .exclude_hv = !traces,
        .read_format = FORMAT_LOST,
    };
    int event = (int)syscall(SYS_perf_event_open, &attributes, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
    if (event >= 0 || errno != EINVAL) return event;
    attributes.read_format = 0;  // before Linux 6.0
    return (int)syscall(SYS_perf_event_open, &attributes, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

static bool filter(int event) {
    char text[CL_SYSCALLS * 16] = "";
    size_t length = 0;
    for (uint32_t act = 0; act < CL_SYSCALLS; act++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%sid==%ld", act ? "||" : "", calls[act].number);
    return ioctl(event, PERF_EVENT_IOC_SET_FILTER, text) == 0;
}

static bool open_ring(struct cl_perf *perf, pid_t pid, int cpu) {
    int event = open_event(perf, pid, cpu);
    if (event < 0) return errno == ENODEV;  // a CPU that is offline
    struct ring *ring = &perf->ring[perf->rings++];
    ring->event = event;
    if (perf->tracepoint && !filter(event)) return false;
    for (;;) {
        void *memory = mmap(NULL, perf->ring_bytes + 4096, PROT_READ | PROT_WRITE, MAP_SHARED, event, 0);
        if (memory != MAP_FAILED) {
            ring->control = memory;
            return true;
        }
        // All rings have one size: what the first were given, the last may be refused.
        if (errno != EPERM || perf->rings > 1 || perf->ring_bytes == SMALLEST_RING) return false;
        perf->ring_bytes /= 2;
    }
}

struct cl_perf *cl_perf_open(pid_t pid, enum cl_perf_kind kind) {
    long cpus = sysconf(_SC_NPROCESSORS_CONF);
    struct cl_perf *perf = calloc(1, sizeof(*perf) + (size_t)cpus * sizeof(struct ring));
    if (!perf) return NULL;
    perf->ring_bytes = kind == CL_PERF_SYSCALLS ? LARGEST_RING : SMALLEST_RING;
    if (kind == CL_PERF_SYSCALLS) perf->tracepoint = read_tracepoint(perf);
    bool opened = kind == CL_PERF_MAPPINGS || perf->tracepoint != 0;
    if (opened && perf->tracepoint) hold(perf->tracepoint);
    for (int cpu = 0; opened && cpu < cpus; cpu++) opened = open_ring(perf, pid, cpu);
    if (opened && perf->rings > 0) return perf;
    int error = errno;
    cl_perf_close(perf);
    errno = error;
    return NULL;
}

void cl_perf_close(struct cl_perf *perf) {
    for (int i = 0; i < perf->rings; i++) {
        if (perf->ring[i].control) munmap(perf->ring[i].control, perf->ring_bytes + 4096);
        close(perf->ring[i].event);
    }
    free(perf);
}

uint64_t cl_perf_lost(const struct cl_perf *perf) {
    uint64_t lost = 0;
    for (int i = 0; i < perf->rings; i++) {
        uint64_t value[2];
        if (read(perf->ring[i].event, value, sizeof(value)) == sizeof(value)) lost += value[1];
    }
    return lost;
}

int cl_perf_descriptors(const struct cl_perf *perf, int *descriptors, int room) {
    int count = 0;
    for (; count < perf->rings && count < room; count++) descriptors[count] = perf->ring[count].event;
    return count;
}

// MARK: reading

// A record as it lies in the ring, which it may leave at the end and go on with at the start.
struct raw {
    const unsigned char *ring;
    uint64_t ring_bytes;
    uint64_t at;
    uint16_t size;
};

static void copy_raw(const struct raw *raw, uint32_t offset, void *to, size_t size) {
    memset(to, 0, size);
    for (size_t i = 0; i < size && offset + i < raw->size; i++)
        ((unsigned char *)to)[i] = raw->ring[(raw->at + offset + i) % raw->ring_bytes];
}

static uint32_t number32(const struct raw *raw, uint32_t offset) {
    uint32_t value;
    copy_raw(raw, offset, &value, sizeof(value));
    return value;
}

static uint64_t number64(const struct raw *raw, uint32_t offset) {
    uint64_t value;
    copy_raw(raw, offset, &value, sizeof(value));
    return value;
}

static void copy_path(const struct raw *raw, uint32_t offset, char *path) {
    size_t room = sizeof(((struct cl_record *)0)->path) - 1;
    if (offset + room > raw->size) room = raw->size > offset ? raw->size - offset : 0;
    copy_raw(raw, offset, path, room);
    path[room] = 0;
}

// perf_event_open(2): a sample of TID, TIME and RAW.
static bool read_sample(const struct cl_perf *perf, const struct raw *raw, struct cl_record *record) {
    enum { PID = 8, TID = 12, TIME = 16, RAW = 28 };
    record->pid = (int32_t)number32(raw, PID);
    record->tid = (int32_t)number32(raw, TID);
    record->nanoseconds = number64(raw, TIME);
    uint64_t number = number64(raw, RAW + perf->id_at);
    for (uint32_t act = 0; act < CL_SYSCALLS; act++) {
        if ((uint64_t)calls[act].number != number) continue;
        record->act = act;
        if (act == CL_BRK && number64(raw, RAW + perf->arguments_at) == 0) return false;  // it only asks
        if (calls[act].length >= 0)
            record->bytes = number64(raw, RAW + perf->arguments_at + 8 * (uint32_t)calls[act].length);
        return true;
    }
    return false;
}

// What follows every other record (sample_id_all): pid, tid, time.
static void read_trailer(const struct raw *raw, struct cl_record *record) {
    record->pid = (int32_t)number32(raw, raw->size - 16u);
    record->tid = (int32_t)number32(raw, raw->size - 12u);
    record->nanoseconds = number64(raw, raw->size - 8u);
}

// Without the tracepoint the kernel tells of what has been mapped: by brk if that is the heap, else by mmap, or changed by
// mprotect, which looks the same.
static uint32_t mapping_act(const char *path) {
    return strcmp(path, "[heap]") == 0 ? CL_BRK : CL_MMAP;
}

static bool interpret(const struct cl_perf *perf, const struct raw *raw, struct cl_record *record) {
    enum { LOST_COUNT = 16, COMM_NAME = 16, MMAP2_LENGTH = 24, MMAP2_PATH = 72 };
    uint32_t type = number32(raw, 0);
    uint16_t misc = (uint16_t)number32(raw, 4);
    memset(record, 0, offsetof(struct cl_record, path) + 1);
    if (type == PERF_RECORD_SAMPLE) return read_sample(perf, raw, record);
    read_trailer(raw, record);
    switch (type) {
        case PERF_RECORD_LOST:
            record->act = CL_LOST;
            record->bytes = number64(raw, LOST_COUNT);
            return true;
        case PERF_RECORD_COMM:
            record->act = CL_EXEC;
            copy_path(raw, COMM_NAME, record->path);
            return misc & PERF_RECORD_MISC_COMM_EXEC;
        case PERF_RECORD_MMAP2:
            copy_path(raw, MMAP2_PATH, record->path);
            record->act = perf->tracepoint ? CL_CODE : mapping_act(record->path);
            record->bytes = number64(raw, MMAP2_LENGTH);
            return true;
        default: return false;
    }
}

static bool next_in(const struct cl_perf *perf, struct ring *ring, struct cl_record *record) {
    uint64_t head = __atomic_load_n(&ring->control->data_head, __ATOMIC_ACQUIRE);
    uint64_t tail = ring->control->data_tail;
    bool found = false;
    while (!found && tail < head) {
        struct raw raw = {
            (const unsigned char *)ring->control + 4096, perf->ring_bytes, tail, sizeof(struct perf_event_header)};
        raw.size = (uint16_t)(number32(&raw, 4) >> 16);
        if (raw.size < sizeof(struct perf_event_header)) {  // never; but it would be a loop without an end
            tail = head;
            break;
        }
        found = interpret(perf, &raw, record);
        tail += raw.size;
    }
    __atomic_store_n(&ring->control->data_tail, tail, __ATOMIC_RELEASE);
    return found;
}

bool cl_perf_next(struct cl_perf *perf, struct cl_record *record) {
    for (int tried = 0; tried < perf->rings; tried++) {
        if (next_in(perf, &perf->ring[perf->current], record)) return true;
        perf->current = (perf->current + 1) % perf->rings;
    }
    return false;
}
