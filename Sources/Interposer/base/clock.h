// The kernel's clocks, in nanoseconds. Phases and sites are timed by CLOCK_MONOTONIC.
#ifndef DIOAUDIT_CLOCK_H
#define DIOAUDIT_CLOCK_H

#include <stdint.h>

uint64_t clock_now(void);

// CLOCK_REALTIME minus CLOCK_MONOTONIC.
int64_t clock_difference(void);

// Finds the clock in the vDSO, and reads it once, so that no page fault comes later. Before, and where there is none, each reading is a system call.
void clock_find(void);

#endif
