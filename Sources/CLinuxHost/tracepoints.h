// Keeps tracepoints in use for perf events. Closing the last event of a tracepoint makes the kernel wait for every CPU
// (tracepoint_synchronize_unregister): tens of milliseconds in which no other listener can begin. So one of each tracepoint stays open
// while dioaudit runs. A separate process closes it a little after dioaudit has ended, which also spares runs that follow each other
// in a loop.
//
// TRAP: not for BPF programs. The kernel removes the last one of a tracepoint without waiting, but waits for each tracepoint that has
// two, of which the first is removed.
#ifndef CLINUX_TRACEPOINTS_H
#define CLINUX_TRACEPOINTS_H

#include <stdint.h>

// Holds the tracepoint while this process runs, and for a moment after.
void tracepoints_hold(uint64_t id);

#endif
