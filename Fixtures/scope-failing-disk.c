// Intent: a thread whose transfers all fail in the steady phase allocates before each: with --scope io-threads it is judged, since
// when a disk fails it is the thread that matters.
// Options: --scope io-threads --warmup-ios 8 --allow faults
// Exit: 1
// Verdict: fail
// Warmup: transfers 8
// Steady: transfers 22/90112, malloc 20/1540, free >=20, pageFaultMinor >=0
// Violation: malloc 20/1540 first 25 thread monitor in watch_disk
#include "direct.h"
#include <pthread.h>
#include <semaphore.h>

static sem_t begin, done;

__attribute__((noinline)) static void watch_disk(int fd) {
    free(keep(malloc(77)));
    require(pwrite(fd, block, BLOCK - 1, 0) < 0, "a write that is not aligned");
}

static void *monitor(void *file) {
    int fd = *(int *)file;
    free(keep(malloc(77)));  // the thread's arena is made here
    write_blocks(fd, 5);
    sem_post(&done);
    sem_wait(&begin);
    for (int i = 0; i < 20; i++) watch_disk(fd);
    sem_post(&done);
    return NULL;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    free(keep(malloc(1)));
    int fd = open_direct(arguments[1]);
    pthread_t thread;
    require(pthread_create(&thread, NULL, monitor, &fd) == 0 && pthread_setname_np(thread, "monitor") == 0, "thread");
    sem_wait(&done);
    write_blocks(fd, 20);
    sem_post(&begin);
    sem_wait(&done);
    write_blocks(fd, 5);
    close(fd);
    pthread_join(thread, NULL);
}
