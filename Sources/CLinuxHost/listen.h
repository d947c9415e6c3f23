// BPF programs at tracepoints that report events of the process tree through a BPF ring buffer
// (Documentation/bpf/ringbuf.rst). To write to perf's ring buffer costs five times as much.
#ifndef CLINUX_LISTEN_H
#define CLINUX_LISTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "completions.h"
#include "dispatcher.h"
#include "process_tree.h"

// What a BPF program writes for one event.
struct event_record {
    uint16_t kind;
    uint8_t in_interrupt;
    uint8_t is_i386;       // of a system call: not x86-64's own ABI
    uint32_t text_bytes;   // with the NUL
    uint64_t nanoseconds;  // CLOCK_MONOTONIC
    int32_t tid;
    int32_t pid;           // of its process
    uint64_t user_ip;
    uint64_t user_sp;
    uint64_t faults;       // one more than the page faults that the thread has had; 0: not known
    uint64_t number[5];
    char text[64];         // only in records of tracepoints that have one
};

enum { LISTENER_MOST = 8, LISTENER_SLOTS = 1 << 16 };

// BPF programs, each at a tracepoint, that share a ring buffer.
struct listener {
    const struct process_tree *tree;  // null: not listening
    int ring;                        // a map
    int waker;                       // becomes readable when the ring fills
    uint64_t bytes;
    uint64_t *consumed;
    uint64_t until;                  // as listener_mark left it
    unsigned char *produced;         // a page with how much that is, then the ring
    uint64_t at_record;              // where the next record is
    int losses;                      // a map with a counter
    int attached[LISTENER_MOST];     // BPF programs at tracepoints of their own
    int count;
    struct dispatcher *at[CALL_ENDS];  // for those that watch system calls
    unsigned watchers;               // a bit for each of these
    struct completions completions;  // of io_uring's requests
    struct event_record completed;   // of the one that was read last
    int ends;                        // a map: how many CL_MOVED were reported of each process; -1: none is asked for
    int possible_cpus;               // which can have pages of a process to themselves
    int cpus;                        // a map by which pages.c finds what each CPU has for itself; 0: there is none
    char why_no_pages[REFUSAL];      // why there is no CL_PAGES; empty: there is
    bool is_relied_on;
    char why[REFUSAL];               // why it is not relied on
};

// A ring of `bytes`, a power of two. False with errno set, and `why`. One that is all zero may be ended, too.
bool listener_begin(struct listener *listener, const struct process_tree *tree, struct dispatcher at[CALL_ENDS], uint64_t bytes);
void listener_end(struct listener *listener);

// Start the BPF programs. False with errno and `why` set; ENOTSUP if this kernel's tracepoint has other arguments.
// Allocations and page faults: CL_KMALLOC and CL_CACHE_ALLOC (call site, bytes, GFP flags; of the latter the cache's name),
// CL_PAGE_ALLOC (order, GFP flags; two places), CL_FAULT (address), CL_ENDED. The last number of each allocation is twice the
// thread's PF_* flags and 1; 0: not known.
bool listen_memory(struct listener *listener);
// CL_CALL: number, three arguments, and where the data segment ends.
bool listen_calls(struct listener *listener);

// What moves data of O_DIRECT files:
//   CL_MOVES      a call begins: number, a bit for each argument that is a descriptor of such a file, third argument, file, memory lock
//   CL_MOVED      a call returned: number, result. Of the first thousands of each process, and of those that did not return
//                 their third argument; and of each io_submit
//   CL_SUBMITS    io_submit begins: number, reading iocbs and (in the upper half) writing ones, iocbs looked at, a file
//   CL_COMPLETED  io_uring's: opcode, result, 0, file (0: it had none any more); the thread is the request's
//   CL_CLOSES     the last descriptor of such a file: number, 0, 0, file
// and, unless `why_no_pages` says otherwise, of each process from the end of its first transfer on:
//   CL_PAGES      its resident pages then, and whenever they change: of files, anonymous ones, of shared memory; the process; the
//                 memory's address, and in its lowest bits whether the thread is of another memory, and whether it is within exec
bool listen_transfers(struct listener *listener);

// As rings_mark.
void listener_mark(struct listener *listener);

// The next event record, valid until the next call; null if there is none now.
const struct event_record *listener_next(struct listener *listener);

// The number of events for which the ring buffer had no room.
uint64_t listener_lost(const struct listener *listener);

#endif
