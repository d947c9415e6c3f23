// The system calls of a subject, told by a seccomp filter with user notification: for those whom perf is refused.
#ifndef CLINUX_SECCOMP_H
#define CLINUX_SECCOMP_H

#include "clinux_trace.h"

// In a child that is about to exec: from here on its watched system calls, and exec, are told to whoever reads the descriptor
// that is returned. -1 with errno set. Takes no_new_privs where the kernel insists.
int cl_seccomp_install(void);

// The next notification: the thread goes on. CL_BECAME_PROGRAM is told when exec is asked for, of a file that would start.
// False if there is none now.
bool cl_seccomp_next(int listener, struct cl_trace_record *record);

// Goes on letting the subject's calls through in a process of its own until the last of its threads has ended: without a
// reader they would fail with ENOSYS.
void cl_seccomp_serve_on(int listener);

#endif
