// For benchmarks: THREADS threads make PAIRS pairs of malloc(64) and free each; prints nanoseconds per pair.
#include "direct.h"
#include <pthread.h>
#include <stdio.h>
#include <time.h>

static long pairs;
static pthread_barrier_t barrier;

static void *loop(void *nothing) {
    pthread_barrier_wait(&barrier);
    for (long i = 0; i < pairs; i++) free(keep(malloc(64)));
    pthread_barrier_wait(&barrier);
    return nothing;
}

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
    require(count > 2, "usage: bench-heap-loop THREADS PAIRS");
    int threads = atoi(arguments[1]);
    pairs = atol(arguments[2]);
    pthread_barrier_init(&barrier, NULL, (unsigned)threads + 1);
    for (int i = 0; i < threads; i++) {
        pthread_t thread;
        require(pthread_create(&thread, NULL, loop, NULL) == 0, "pthread_create");
    }
    pthread_barrier_wait(&barrier);
    double start = seconds();
    pthread_barrier_wait(&barrier);
    printf("%.3f\n", (seconds() - start) * 1e9 / (double)pairs);
}
