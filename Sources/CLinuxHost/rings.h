// perf's ring buffers: one for each CPU, which several events may share (perf_event_open(2), "MMAP layout").
#ifndef CLINUX_RINGS_H
#define CLINUX_RINGS_H

#include <stdbool.h>
#include <stdint.h>

#define RINGS_SMALLEST UINT64_C(0x20000)

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
    unsigned char *record;  // the one handed out last: rings go on with it at their start where they end
};

// Room for `most` rings of `bytes`, a power of two, whose descriptors become readable at `watermark` bytes. False with errno
// set. Rings that are all zero may be ended, too.
bool rings_begin(struct rings *rings, int most, uint64_t bytes, uint32_t watermark);
void rings_end(struct rings *rings);

// Opens a ring for each CPU, a smaller one if the user may lock no more (kernel.perf_event_mlock_kb), and what there is to watch
// of each thread there: `open` does it for one, and takes the events in. The soft limit on descriptors is lifted meanwhile. False with errno set: ESRCH if no thread was left.
typedef bool (*rings_opener)(void *context, int thread, int cpu);
bool rings_watch(struct rings *rings, const int *threads, int count, rings_opener open, void *context);

// Takes an event in, which writes into its CPU's ring, and closes it at the end. False with errno set, and the event is closed;
// but -1 is passed over where errno says that its thread has ended meanwhile (ESRCH) or its CPU is offline (ENODEV).
bool rings_take(struct rings *rings, int event);

// What becomes readable when a ring is getting full. The number of them.
int rings_descriptors(const struct rings *rings, int *descriptors, int room);

// Records that found no room up to now. A ring tells of them (PERF_RECORD_LOST) only with the next record that does, which
// may never come. 0 before Linux 6.0, which does not say.
uint64_t rings_lost(const struct rings *rings);

// The next record of any ring, whole and until the next call; its size is in its header. Not in the order of time between
// CPUs. Null if there is none now.
const unsigned char *rings_next(struct rings *rings, uint32_t *size);

// PERF_FORMAT_LOST where the kernel knows it: perf_event_open(2), or -1 with errno set.
struct perf_event_attr;
int rings_open_event(struct perf_event_attr *attributes, int pid, int cpu);

#endif
