// A child for work on bytes that others wrote, and messages to it and back. In C because fork(2) is unavailable in Swift, and
// seccomp's filters, SCM_RIGHTS and deadlines of single reads are macros and unions that Swift does not import.
#ifndef CLINUX_CONFINED_H
#define CLINUX_CONFINED_H

#include <stdint.h>
#include <sys/types.h>

struct cl_confined {
    pid_t pid;   // 0 in the child
    int socket;  // the only descriptor that the child has
};

// Forks a child that can compute, answer, and nothing else: no privileges (nobody, where we are root), no descriptor of ours, no
// memory in common with us, no file that it could open or process that it could start (seccomp), `cpu_seconds` of a processor,
// and half of the machine's memory, or 4 GiB if that is less. It ends with us. Not exec: our start alone takes longer than most
// files do.
//
// Call it while no program runs that is watched: the child is a child like others to waitpid(2).
int cl_fork_confined(uint32_t cpu_seconds, struct cl_confined *child);

// Kills and reaps it. Returns the signal that ended it, or 0.
int cl_end_confined(const struct cl_confined *child);

// A message, and with it a descriptor unless that is -1. CLOCK_MONOTONIC says when the time is over (-ETIMEDOUT); UINT64_MAX: never.
// -EPIPE: the other side has ended.
int cl_send_message(int socket, const void *bytes, uint32_t length, int descriptor, uint64_t deadline);

// Free its bytes. Its descriptor is -1 if it has none.
struct cl_message {
    unsigned char *bytes;
    uint32_t length;
    int descriptor;
};

// -EMSGSIZE: the message is longer than `most`.
int cl_receive_message(int socket, uint32_t most, uint64_t deadline, struct cl_message *message);

#endif
