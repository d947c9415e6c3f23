// The clock by which phases and sites are timed: CLOCK_MONOTONIC, in nanoseconds.
#ifndef DIOAUDIT_CLOCK_H
#define DIOAUDIT_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);  // the vDSO: no system call, and libc does not wrap it further
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

#endif
