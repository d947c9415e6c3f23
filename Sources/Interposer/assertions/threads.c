// The events of threads and processes that a body starts count in no assertion: whoever asserts must know of them.
#include <sched.h>
#include <stdarg.h>
#include <unistd.h>

#include "../tables/next.h"
#include "assertion.h"
#include "../rules.h"

// TRAP: on a stack that libc kept of another thread, a thread starts without an allocation. Test: TestLibraryTests
INTERPOSED int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
    assertion_note_thread();
    return next.pthread_create(thread, attributes, start, argument);
}

INTERPOSED int thrd_create(thrd_t *thread, thrd_start_t start, void *argument) {
    assertion_note_thread();
    return next.thrd_create(thread, start, argument);
}

INTERPOSED int clone(int (*start)(void *), void *stack, int flags, void *argument, ...) {
    assertion_note_child();
    va_list rest;
    va_start(rest, argument);
    int result = next_clone(start, stack, flags, argument, rest);
    va_end(rest);
    return result;
}

// It runs no pthread_atfork handler (obstacle.c).
INTERPOSED pid_t _Fork(void) {
    assertion_note_child();
    return next._Fork();
}
