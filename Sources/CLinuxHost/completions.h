// Completions of io_uring's requests, in a ring of their own for each CPU: they may be some 100,000 a second, of which one thread's
// whole time is 10 µs each.
//
// A record in the ring that all BPF programs share would cost each of them 0.5 µs, most of it since both sides write to the same
// cache lines, and a lock. Here one CPU's BPF program alone appends, and the reader alone takes; each writes its own cache line.
#ifndef CLINUX_COMPLETIONS_H
#define CLINUX_COMPLETIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf.h"

struct completion {
    uint64_t nanoseconds;  // CLOCK_MONOTONIC
    uint64_t file;         // 0: it had none any more
    uint64_t faults;       // one more than the page faults that the thread has had
    int32_t tid, pid;      // the request's
    int32_t result;
    uint32_t opcode;
};

struct completions {
    int map;               // of a ring for each CPU
    unsigned char *rings;  // mapped; null: there are none
    uint64_t ring_bytes;
    uint32_t most;         // in a ring, a power of two
    int cpus;
    int at_cpu;            // the first ring that may not have been read up to the mark
};

// False with errno set.
bool completions_begin(struct completions *completions);
void completions_end(struct completions *completions);

// As listener_mark and listener_next.
void completions_mark(struct completions *completions);
bool completions_next(struct completions *completions, struct completion *completion);

// Where the BPF program has put what it appends, on its stack; and where it has room for a key.
struct completion_places {
    int file, opcode, result, thread, faults, key;  // `thread`: its number, and that of its process after it
};

// Appends a completion, with its time. Returns the jump that is taken if there was no room. Registers from r7 on are lost.
int completions_append(struct bpf_text *text, const struct completions *completions, const struct completion_places *at);
// After that: the jump that is taken unless the reader is to be woken, at each sixteenth of the ring.
int completions_skip_wake(struct bpf_text *text, const struct completions *completions);

#endif
