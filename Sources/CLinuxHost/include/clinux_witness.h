// The kernel's own view of what a subject maps and becomes, by perf tracepoints or by seccomp user notification. In C: both
// ABIs are macros, unions and shared memory with barriers, none of which Swift imports.
#ifndef CLINUX_WITNESS_H
#define CLINUX_WITNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "clinux_family.h"

enum cl_act {
    CL_MMAP,
    CL_MUNMAP,
    CL_MREMAP,
    CL_BRK,
    CL_MLOCKALL,
    CL_MUNLOCK,
    CL_MUNLOCKALL,
    CL_SHMAT,
    CL_REMAP_FILE_PAGES,
    CL_SYSCALLS,              // the number of those above, which are system calls
    CL_EXEC = CL_SYSCALLS,    // seccomp: it is asked for, of a file that would start; perf: it has succeeded
    CL_CODE,                  // perf's tracepoint only: a file was mapped to be executed
    CL_LOST,                  // `bytes` records found no room
    CL_NOTHING,               // to be passed over
    CL_INTERRUPTED            // seccomp only: a signal came before we could look, and the subject may have seen EINTR
};

// One thing that a thread did.
struct cl_record {
    uint64_t nanoseconds;  // CLOCK_MONOTONIC
    int32_t pid;           // of its process
    int32_t tid;
    uint32_t act;          // enum cl_act
    uint32_t reserved;
    uint64_t bytes;        // the length it named, if any
    char path[4096];       // of CL_EXEC and CL_CODE
};

// MARK: perf

struct cl_perf;

// The tracepoint raw_syscalls:sys_enter, as tracefs tells of it.
struct cl_sys_enter {
    uint64_t id;
    uint32_t id_at;         // where in its part of a record the system call's number stands
    uint32_t arguments_at;  // and its arguments
};

// Watches a family, if there is one and a tracepoint, and this kernel can do it; else threads and all that they will start.
// On every CPU, from now on: each call of the list above. The family must outlive it.
// Without a tracepoint what perf tells of new mappings by itself (PERF_RECORD_MMAP2): CL_MMAP and CL_BRK only, and what
// mprotect changes is told as CL_MMAP too. Null with errno set if perf_event_open(2) does not allow it.
struct cl_perf *cl_perf_open(struct cl_family *family, const pid_t *threads, int count,
                             const struct cl_sys_enter *tracepoint);
void cl_perf_close(struct cl_perf *perf);

// A descriptor for each CPU, readable when its ring is getting full. The number of them.
int cl_perf_descriptors(const struct cl_perf *perf, int *descriptors, int room);

// How many records found no room up to now. A ring tells of them (CL_LOST) only with the next record that does, which may
// never come. 0 where the kernel does not say.
uint64_t cl_perf_lost(const struct cl_perf *perf);
// BPF programs tell of the calls, and not perf events on each thread.
bool cl_perf_is_of_programs(const struct cl_perf *perf);

// The next record of any ring. Not in the order of time between CPUs. False if there is none now.
bool cl_perf_next(struct cl_perf *perf, struct cl_record *record);

// MARK: seccomp

// In a child that is about to exec: from here on its system calls of the list above, and exec, are told to whoever reads
// the descriptor that is returned. -1 with errno set. Takes no_new_privs where the kernel insists.
int cl_seccomp_install(void);

// The next notification: the thread goes on. False if there is none now.
bool cl_seccomp_next(int listener, struct cl_record *record);

// Goes on letting the subject's calls through in a process of its own until the last of its threads has ended: without a
// reader they would fail with ENOSYS.
void cl_seccomp_serve_on(int listener);

#endif
