// Programs that tell of a family's doings at a tracepoint, through a ring of BPF's own (Documentation/bpf/ringbuf.rst): perf's
// costs five times as much to write to.
#ifndef CLINUX_LISTEN_H
#define CLINUX_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "family.h"

// What is told of one event.
struct told {
    uint16_t kind;
    uint8_t in_interrupt;
    uint8_t reserved;
    uint32_t text_bytes;   // with the NUL
    uint64_t nanoseconds;  // CLOCK_MONOTONIC
    int32_t tid;
    int32_t pid;           // of its process
    uint64_t user_ip;
    uint64_t user_sp;
    uint64_t number[4];
    char text[64];         // not there, unless the tracepoint has one
};

enum { LISTENER_MOST = 8 };

struct listener {
    const struct cl_family *family;  // null: it does not listen
    int ring;                        // a map
    int waker;                       // becomes readable when the ring fills
    uint64_t bytes;
    uint64_t *consumed;
    unsigned char *produced;         // a page with how much that is, then the ring, twice
    struct told taken;               // the one handed out last
    int losses;                      // a map with a counter
    struct {
        uint32_t tracepoint;
        int program;
    } attached[LISTENER_MOST];
    int count;
    bool is_relied_on;               // else its programs end at once with it
};

// A ring of `bytes`, a power of two. False with errno set. One that is all zero may be ended, too.
bool listener_begin(struct listener *listener, const struct cl_family *family, uint64_t bytes);
void listener_end(struct listener *listener);

// Begin to tell, as of this kind. False with errno set: ENOTSUP if this kernel's tracepoint has other arguments.
bool listen_kmalloc(struct listener *listener, uint16_t kind);           // call site, bytes, GFP flags
bool listen_kmem_cache_alloc(struct listener *listener, uint16_t kind);  // the same; the cache's name
bool listen_mm_page_alloc(struct listener *listener, uint16_t kind);     // order, GFP flags; two places
bool listen_page_faults(struct listener *listener, uint16_t kind);       // address
bool listen_sys_enter(struct listener *listener, const long *calls, int count, uint16_t kind);  // number, three arguments

// The next that was told, until the next call; null if there is none now.
const struct told *listener_next(struct listener *listener);

// How many found no room.
uint64_t listener_lost(const struct listener *listener);

#endif
