// The subject's processes, told apart in the kernel itself: what listens to a tracepoint for them costs them no more than
// the tracepoint, where an event that perf keeps for each of their threads costs them 2 us at every switch of threads.
#ifndef CLINUX_FAMILY_H
#define CLINUX_FAMILY_H

#include <sys/types.h>

struct cl_family;

// A process and all that it will start. Null with errno set: it takes root (or CAP_BPF and CAP_PERFMON), Linux 6.1 with BTF,
// and the first pid namespace.
struct cl_family *cl_family_open(pid_t first);
void cl_family_close(struct cl_family *family);

#endif
