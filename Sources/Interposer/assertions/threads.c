// The events of threads and processes that a body starts count in no assertion: whoever asserts must know of them.
#include <aio.h>
#include <mqueue.h>
#include <netdb.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <time.h>
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

// Functions of libc that start a thread by themselves, by an internal name.
INTERPOSED int timer_create(clockid_t clock, struct sigevent *event, timer_t *timer) {
    if (event && event->sigev_notify == SIGEV_THREAD) assertion_note_thread();
    return next.timer_create(clock, event, timer);
}

INTERPOSED int mq_notify(mqd_t queue, const struct sigevent *event) {
    if (event && event->sigev_notify == SIGEV_THREAD) assertion_note_thread();
    return next.mq_notify(queue, event);
}

#define STARTS_THREAD(name, parameters, arguments) \
    INTERPOSED int name parameters {               \
        assertion_note_thread();                   \
        return next.name arguments;                \
    }
STARTS_THREAD(aio_read, (struct aiocb * block), (block))
STARTS_THREAD(aio_read64, (struct aiocb64 * block), (block))
STARTS_THREAD(aio_write, (struct aiocb * block), (block))
STARTS_THREAD(aio_write64, (struct aiocb64 * block), (block))
STARTS_THREAD(aio_fsync, (int how, struct aiocb *block), (how, block))
STARTS_THREAD(aio_fsync64, (int how, struct aiocb64 *block), (how, block))
STARTS_THREAD(lio_listio, (int how, struct aiocb *const *blocks, int count, struct sigevent *event), (how, blocks, count, event))
STARTS_THREAD(lio_listio64, (int how, struct aiocb64 *const *blocks, int count, struct sigevent *event), (how, blocks, count, event))
STARTS_THREAD(getaddrinfo_a, (int how, struct gaicb **requests, int count, struct sigevent *event), (how, requests, count, event))
#undef STARTS_THREAD

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
