#define _GNU_SOURCE
#include "rings.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { FORMAT_LOST = 1 << 4 };  // PERF_FORMAT_LOST, Linux 6.0
enum { PAGE = 4096, LARGEST_RECORD = 1 << 16 };

struct ring {
    int event;                             // its descriptor
    struct perf_event_mmap_page *control;  // the ring itself begins a page later
    uint64_t until;                        // as rings_mark left it
};

int rings_open_event(struct perf_event_attr *attributes, int pid, int cpu) {
    attributes->read_format = FORMAT_LOST;
    int event = (int)syscall(SYS_perf_event_open, attributes, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
    if (event >= 0 || errno != EINVAL) return event;
    attributes->read_format = 0;
    return (int)syscall(SYS_perf_event_open, attributes, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

// False, with errno as it was.
static bool close_refused(int event) {
    int error = errno;
    close(event);
    errno = error;
    return false;
}

bool rings_begin(struct rings *rings, int most, uint64_t bytes, uint32_t watermark) {
    *rings = (struct rings){.bytes = bytes, .watermark = watermark};
    rings->ring = calloc((size_t)most, sizeof(struct ring));
    rings->record = malloc(LARGEST_RECORD);
    return rings->ring && rings->record;
}

void rings_end(struct rings *rings) {
    for (int i = 0; i < rings->count; i++) {
        munmap(rings->ring[i].control, rings->bytes + PAGE);
        close(rings->ring[i].event);
    }
    for (int i = 0; i < rings->sharers; i++) close(rings->sharing[i]);
    free(rings->sharing);
    free(rings->ring);
    free(rings->record);
    *rings = (struct rings){0};
}

static bool map_ring(struct rings *rings, int event) {
    for (;;) {
        void *memory = mmap(NULL, rings->bytes + PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, event, 0);
        if (memory != MAP_FAILED) {
            rings->ring[rings->count++] = (struct ring){event, memory, UINT64_MAX};
            return true;
        }
        // All rings have one size: what the first were given, the last may be refused.
        if (errno != EPERM || rings->count > 0 || rings->bytes <= RINGS_SMALLEST) return false;
        rings->bytes /= 2;
    }
}

// TRAP: when a watched thread has ended, poll(2) answers POLLHUP for its event at once and for ever, whatever others write
// into the event's ring. So a ring is an event of our own, which reports nothing. False with errno set: ENODEV where the CPU
// is offline. Test: AttachTests, theMainThreadMayEnd
//
// Of no thread where all threads are watched: the first event of a thread on the machine makes the kernel wait for every CPU.
static bool open_ring(struct rings *rings, int thread, int cpu) {
    struct perf_event_attr silent = {
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof(silent),
        .config = PERF_COUNT_SW_DUMMY,
        .use_clockid = 1,  // as those that write into it have
        .clockid = CLOCK_MONOTONIC,
        .watermark = 1,
        .wakeup_watermark = rings->watermark,
        .exclude_kernel = 1,
        .exclude_hv = 1,
    };
    int event = rings_open_event(&silent, thread, cpu);
    return event >= 0 && (map_ring(rings, event) || close_refused(event));
}

static bool share_ring(struct rings *rings, int event) {
    if (rings->sharers == rings->sharers_room) {
        int room = 2 * rings->sharers_room + 16;
        int *more = realloc(rings->sharing, (size_t)room * sizeof(int));
        if (!more) return false;
        rings->sharing = more;
        rings->sharers_room = room;
    }
    if (ioctl(event, PERF_EVENT_IOC_SET_OUTPUT, rings->ring[rings->count - 1].event) != 0) return false;
    rings->sharing[rings->sharers++] = event;
    return true;
}

bool rings_take(struct rings *rings, int event) {
    if (event < 0) return errno == ESRCH || errno == ENODEV;
    return share_ring(rings, event) || close_refused(event);
}

static bool watch_everywhere(struct rings *rings, const int *threads, int count, rings_opener open, void *context) {
    int cpus = (int)sysconf(_SC_NPROCESSORS_CONF);
    for (int cpu = 0; cpu < cpus; cpu++) {
        if (!open_ring(rings, threads[0] == EVERY_THREAD ? EVERY_THREAD : 0, cpu)) {
            if (errno == ENODEV) continue;
            return false;
        }
        for (int i = 0; i < count; i++)
            if (!open(context, threads[i], cpu)) return false;
    }
    errno = ESRCH;
    return rings->sharers > 0;
}

// Descriptors that are open already may be beyond the limit that is put back.
bool rings_watch(struct rings *rings, const int *threads, int count, rings_opener open, void *context) {
    struct rlimit limit;
    bool limited = getrlimit(RLIMIT_NOFILE, &limit) == 0;
    if (limited) setrlimit(RLIMIT_NOFILE, &(struct rlimit){limit.rlim_max, limit.rlim_max});
    bool opened = watch_everywhere(rings, threads, count, open, context);
    int error = errno;
    if (limited) setrlimit(RLIMIT_NOFILE, &limit);
    errno = error;
    return opened;
}

int rings_descriptors(const struct rings *rings, int *descriptors, int room) {
    int count = 0;
    for (; count < rings->count && count < room; count++) descriptors[count] = rings->ring[count].event;
    return count;
}

static uint64_t lost_by(int event) {
    uint64_t value[2];
    return read(event, value, sizeof(value)) == sizeof(value) ? value[1] : 0;
}

uint64_t rings_lost(const struct rings *rings) {
    uint64_t lost = 0;
    for (int i = 0; i < rings->count; i++) lost += lost_by(rings->ring[i].event);
    for (int i = 0; i < rings->sharers; i++) lost += lost_by(rings->sharing[i]);
    return lost;
}

static void copy(const struct rings *rings, const struct ring *ring, uint64_t at, void *to, uint32_t size) {
    const unsigned char *bytes = (const unsigned char *)ring->control + PAGE;
    uint64_t start = at % rings->bytes;
    uint64_t first = rings->bytes - start < size ? rings->bytes - start : size;
    memcpy(to, bytes + start, first);
    memcpy((unsigned char *)to + first, bytes, size - first);
}

static uint32_t next_in(struct rings *rings, struct ring *ring) {
    uint64_t head = __atomic_load_n(&ring->control->data_head, __ATOMIC_ACQUIRE);
    if (head > ring->until) head = ring->until;
    uint64_t tail = ring->control->data_tail;
    if (tail >= head) return 0;
    struct perf_event_header header;
    copy(rings, ring, tail, &header, sizeof(header));
    uint32_t size = header.size;
    bool whole = size >= sizeof(header) && size <= head - tail;
    if (whole) copy(rings, ring, tail, rings->record, size);
    // Never; but without this it would be a loop without an end.
    __atomic_store_n(&ring->control->data_tail, whole ? tail + size : head, __ATOMIC_RELEASE);
    return whole ? size : 0;
}

void rings_mark(struct rings *rings) {
    for (int i = 0; i < rings->count; i++)
        rings->ring[i].until = __atomic_load_n(&rings->ring[i].control->data_head, __ATOMIC_ACQUIRE);
}

const unsigned char *rings_next(struct rings *rings, uint32_t *size) {
    for (int tried = 0; tried < rings->count; tried++) {
        *size = next_in(rings, &rings->ring[rings->current]);
        if (*size) return rings->record;
        rings->current = (rings->current + 1) % rings->count;
    }
    return NULL;
}
