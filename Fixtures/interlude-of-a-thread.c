// Intent: a thread allocates once, while no file is open, and never again. A file is opened later: it was the steady
// phase. What the main thread allocates after the last close is teardown's.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 2
// Steady: transfers 8, malloc 5/65, free 5
// Teardown: malloc 3/3, free >=3
// Settled: 6
// Violation: malloc 5/65 first 5 in allocate
// Also: syscallMmap
#include "direct.h"
#include <pthread.h>

static pthread_barrier_t barrier;

static void *allocate(void *nothing) {
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 5; i++) free(keep(malloc(13)));
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return nothing;
}

static void transfer(const char *path) {
    int fd = open_direct(path);
    write_blocks(fd, 5);
    close(fd);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    pthread_t thread;
    pthread_barrier_init(&barrier, NULL, 2);
    require(pthread_create(&thread, NULL, allocate, NULL) == 0, "pthread_create");
    transfer(arguments[1]);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    transfer(arguments[1]);
    for (int i = 0; i < 3; i++) free(keep(malloc(1)));
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
}
