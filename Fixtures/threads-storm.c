// Intent: 8 threads allocate as fast as they can, in setup and again in the steady phase: no count is lost.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: malloc 160000/2560000, free >=160000, calloc >=0, mmap 0, mlockall 0
// Warmup: transfers 1
// Steady: transfers 9, malloc 160000/2560000, free >=160000
#include "direct.h"
#include <pthread.h>

static pthread_barrier_t barrier;

static void *storm(void *nothing) {
    for (int part = 0; part < 2; part++) {
        pthread_barrier_wait(&barrier);
        for (int i = 0; i < 20000; i++) free(keep(malloc(16)));
        pthread_barrier_wait(&barrier);
    }
    return nothing;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    pthread_t threads[8];
    pthread_barrier_init(&barrier, NULL, 9);
    for (int i = 0; i < 8; i++) require(pthread_create(&threads[i], NULL, storm, NULL) == 0, "pthread_create");
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    int fd = open_direct(arguments[1]);
    write_block(fd, 0);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    write_blocks(fd, 9);
    close(fd);
    for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
}
