// perf's ring buffers: one for each CPU, which several events may share (perf_event_open(2), "MMAP layout").
#ifndef CLINUX_RINGS_H
#define CLINUX_RINGS_H

#include <stdbool.h>
#include <stdint.h>

// An ordinary user's rings count against the limit on the memory that the subject may register with io_uring (RLIMIT_MEMLOCK, by
// user: include/linux/sched/user.h, locked_vm).
#define RINGS_SMALLEST UINT64_C(0x10000)

struct ring;

struct rings {
    int count;
    int current;            // the one that is being read
    uint32_t watermark;     // bytes in a ring at which its descriptor becomes readable
    int *sharing;           // events that write into the rings
    int sharers;
    int sharers_room;
    uint64_t bytes;         // of each
    struct ring *ring;
    unsigned char *record;  // a copy of the record returned last, which may wrap around the ring's end
};

// Room for `most` rings of `bytes`, a power of two, whose descriptors become readable at `watermark` bytes. False with errno
// set. Rings that are all zero may be ended, too.
bool rings_begin(struct rings *rings, int most, uint64_t bytes, uint32_t watermark);
void rings_end(struct rings *rings);

enum { EVERY_THREAD = -1 };  // on a CPU, as perf_event_open(2) has it

// Opens a ring for each CPU, a smaller one if the user may lock no more (kernel.perf_event_mlock_kb), and calls `open` for
// each thread on each CPU, which opens the thread's events and passes them to rings_take. Lifts the soft limit on descriptors
// meanwhile. False with errno set: ESRCH if no thread was left.
typedef bool (*rings_opener)(void *context, int thread, int cpu);
bool rings_watch(struct rings *rings, const int *threads, int count, rings_opener open, void *context);

// Makes an event write into its CPU's ring, and closes it in rings_end. False with errno set, and the event is closed. An
// event of -1 is accepted if errno is ESRCH (its thread has ended) or ENODEV (its CPU is offline).
bool rings_take(struct rings *rings, int event);

// Stores descriptors that become readable when a ring is getting full, and returns their number.
int rings_descriptors(const struct rings *rings, int *descriptors, int room);

// The number of records that were lost so far. A ring reports a loss (PERF_RECORD_LOST) only with the next record for which it
// has room, which may never come. 0 before Linux 6.0, which does not report it.
uint64_t rings_lost(const struct rings *rings);

// From now on rings_next returns the records that there are now, and no others before the next mark: who writes without a pause would
// never let its reader end.
void rings_mark(struct rings *rings);

// The next record of any ring, valid until the next call; its size is in its header. Records of different CPUs are not in the
// order of time. Null if there is none now.
const unsigned char *rings_next(struct rings *rings, uint32_t *size);

// PERF_FORMAT_LOST where the kernel knows it: perf_event_open(2), or -1 with errno set.
struct perf_event_attr;
int rings_open_event(struct perf_event_attr *attributes, int pid, int cpu);

#endif
