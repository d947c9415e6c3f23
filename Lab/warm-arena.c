// By LD_PRELOAD: each thread makes a heap call before it begins, so that its arena is there.
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>

typedef int create(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

struct start {
    void *(*routine)(void *);
    void *argument;
};

static void *begin(void *given) {
    struct start start = *(struct start *)given;
    free(given);
    // In a volatile variable: a compiler removes a pair whose memory nobody uses.
    void *volatile memory = malloc(1);
    free(memory);
    return start.routine(start.argument);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*routine)(void *), void *argument) {
    create *next = (create *)dlsym(RTLD_NEXT, "pthread_create");
    struct start *start = malloc(sizeof *start);
    if (start == NULL) abort();
    *start = (struct start){routine, argument};
    return next(thread, attributes, begin, start);
}
