// Tries what the kernel grants this process. It cannot be derived from settings: too many sysctls, capabilities and sandboxes
// may forbid it.
#ifndef CLINUX_PROBES_H
#define CLINUX_PROBES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cl_probe {
    CL_PROBE_LOCK_BEYOND_LIMIT,   // mlock(2) of a page under a RLIMIT_MEMLOCK of 0: only CAP_IPC_LOCK allows that
    CL_PROBE_PAGE_FAULTS,         // perf_event_open(2): count this process's page faults in user code
    CL_PROBE_PAGE_FAULTS_KERNEL,  // the same in the kernel too
    CL_PROBE_TRACEPOINT,          // perf_event_open(2): records of the tracepoint with the given number, this process's
    CL_PROBE_BPF,            // cl_probe_bpf
    CL_PROBE_SECCOMP_LISTENER,    // seccomp(2): the parent is notified of a child's system call, and lets it continue
    CL_PROBE_TRACE_UNRELATED,     // ptrace(2) a process of this user that does not descend from the tracer
    CL_PROBE_IO_URING,            // io_uring_setup(2)
    CL_PROBE_AIO,                 // io_setup(2) for the given number of transfers
};

// Tries it in a child, so that what is installed, lowered or forbidden there ends with it. In C because fork(2) is unavailable
// in Swift, and so are calls by number (syscall(2) is variadic) and perf_event_attr's bit fields.
// Returns 0 if it works, the errno that refused it, or the negative of the signal that killed the child.
int cl_probe(enum cl_probe probe, uint64_t argument);

// The same for bpf(2): each of the witnesses' BPF programs at its tracepoint (cl_trace_try_bpf). If one is refused, `why`
// names it and the reason.
int cl_probe_bpf(char *why, size_t room);

// The alignment that O_DIRECT needs on an open file, in bytes, by statx(2) and STATX_DIOALIGN, which glibc's own struct
// statx has only where it is newer than Debian 12's. False if the kernel or the file system does not report it.
bool cl_direct_alignment(int fd, uint32_t *memory, uint32_t *offset);

#endif
