// The system calls of a subject, of which a seccomp filter notifies the host. For users to whom perf is refused.
#ifndef CLINUX_SECCOMP_H
#define CLINUX_SECCOMP_H

#include "clinux_trace.h"

// Call in a child that is about to exec: from now on, the reader of the returned descriptor is notified of its watched system
// calls and of exec. -1 with errno set. Sets no_new_privs if the kernel requires it.
int cl_seccomp_install(void);

// Takes the next notification and lets its thread continue. CL_BECAME_PROGRAM: exec is about to be made, of a file that can be
// executed. False if there is none now.
bool cl_seccomp_next(int listener, struct cl_trace_record *record);

// Forks a process that lets the subject's calls continue until its last thread has ended: without a reader they would fail
// with ENOSYS.
void cl_seccomp_serve_on(int listener);

#endif
