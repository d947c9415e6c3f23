// What both witnesses by tracepoints need.
#ifndef CLINUX_TRACEPOINTS_H
#define CLINUX_TRACEPOINTS_H

#include <stdint.h>

// Keeps a tracepoint from ending while this process runs, and for a moment after.
void tracepoints_hold(uint64_t id);

#endif
