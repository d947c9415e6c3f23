// Keeps tracepoints in use. Closing the last listener of a tracepoint makes the kernel wait for every CPU
// (tracepoint_synchronize_unregister): tens of milliseconds in which no other listener can begin. So the last listener of each
// tracepoint stays open until there is another. A separate process closes it a little after dioaudit has ended, which also
// spares runs that follow each other in a loop.
#ifndef CLINUX_TRACEPOINTS_H
#define CLINUX_TRACEPOINTS_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf.h"

// Keeps a tracepoint in use for perf events while this process runs, and for a moment after.
void tracepoints_hold(uint64_t id);

// bpf_attach, and the detaching: at once, or `later`.
int tracepoints_attach(const struct bpf_text *text, uint32_t tracepoint, char *log, size_t room);
void tracepoints_end(uint32_t tracepoint, int program, bool later);

#endif
