// The phase-transition lock. Under it the edges of phases are measured, and a thread's rows are looked up by its tid.
//
// It must work wherever a program may be, and must never stop that program:
//  - In a signal handler: a thread blocks its signals from before it waits until it has released the lock. So no handler runs
//    while the lock is held, no handler takes it a second time on the same thread, and no handler leaves by longjmp with it
//    held. Where a filter (seccomp(2)) refuses to block signals, a handler on the holder's thread continues inside the lock.
//  - With real-time priorities: a waiter sleeps (futex(2)), so that a holder of a lower priority gets the CPU. Yielding would
//    fail: under SCHED_FIFO the same thread is chosen again. No thread is boosted; the holder waits for the kernel only.
//  - After fork: the word lies in the page that fork wipes, so the lock is free in the child.
//  - In a child that shares our memory (vfork): it may end at any moment, so it never takes the lock (process_is_ours).
//  - No thread ever continues without it: the readers of /proc files share one buffer.
#ifndef DIOAUDIT_PHASE_LOCK_H
#define DIOAUDIT_PHASE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct phase_lock {
    uint64_t signals;  // the thread's signal mask before
    bool is_blocking;  // the mask was changed
    bool is_inner;     // the thread already held the lock
};

void phase_lock_take(struct phase_lock *lock);
void phase_lock_release(const struct phase_lock *lock);

#endif
