// io_uring's system calls by number, as direct.c sees them.
#ifndef DIOAUDIT_ASYNCHRONOUS_H
#define DIOAUDIT_ASYNCHRONOUS_H

#include <stdbool.h>

// io_uring_register(2) returned `result`.
void asynchronous_registered(int ring, unsigned operation, const void *argument, unsigned count, int result);

// Whether io_uring_enter(2) may submit requests that no function of liburing has been seen to submit.
bool asynchronous_submits_unseen(unsigned submits, unsigned flags);

#endif
