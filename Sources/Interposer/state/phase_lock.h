// The lock under which the edges of phases are measured, and under which a thread's rows are looked up by its number.
//
// It must hold in every place that a program may be in, and may never be the end of that program:
//  - In a signal handler: the holder's signals are blocked from before it waits until it has let go. So no handler runs in
//    the middle, none can come here a second time on the same thread, and none can leave by longjmp with the lock held. Where
//    a filter (seccomp(2)) refuses to block signals, a handler on the holder's thread goes on inside the holder's lock.
//  - With real-time priorities: who waits sleeps (futex(2)), so that a holder of a lower priority has the CPU. To yield would
//    not do: under SCHED_FIFO the same thread is chosen again. Nobody is boosted; the holder waits for nobody but the kernel.
//  - After fork: the word lies in the page that fork wipes, so that it is free in the child, whoever had it in the parent.
//  - In a child that shares our memory (vfork): it may end at any moment, so it never takes the lock (process_is_ours).
//  - Nobody ever goes on without it. The parts that read files of /proc share one buffer, and would read each other's.
#ifndef DIOAUDIT_PHASE_LOCK_H
#define DIOAUDIT_PHASE_LOCK_H

#include <stdbool.h>
#include <stdint.h>

struct phase_lock {
    uint64_t signals;  // the thread's mask before
    bool is_blocking;  // it was changed
    bool is_inner;     // the thread had the lock already
};

void phase_lock_take(struct phase_lock *lock);
void phase_lock_release(const struct phase_lock *lock);

#endif
