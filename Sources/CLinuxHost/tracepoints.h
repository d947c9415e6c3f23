// What both witnesses by tracepoints need. Ending the last that listens to a tracepoint makes the kernel wait for every CPU
// (tracepoint_synchronize_unregister), tens of milliseconds in which no other can begin. So the last of each stays until there
// is another, and a process of its own ends it after dioaudit: a little later, for the sake of runs that follow each other in a
// loop.
#ifndef CLINUX_TRACEPOINTS_H
#define CLINUX_TRACEPOINTS_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf.h"

// Keeps a tracepoint from ending while this process runs, and for a moment after, for perf's events.
void tracepoints_hold(uint64_t id);

// bpf_attach, and what ends it: `later`, or at once.
int tracepoints_attach(const struct bpf_text *text, uint32_t tracepoint, char *log, size_t room);
void tracepoints_end(uint32_t tracepoint, int program, bool later);

#endif
