// The events of a thread that a body starts count in no assertion: whoever asserts must know of such threads.
#include "../tables/next.h"
#include "assertion.h"
#include "../rules.h"

// TRAP: on a stack that libc kept of another thread, a thread starts without an allocation. Test: TestLibraryTests
INTERPOSED int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
    assertion_note_thread();
    return next.pthread_create(thread, attributes, start, argument);
}
