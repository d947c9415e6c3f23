// Intent: a thread whose only transfer of the steady phase is the first on a new file, which is that file's warm-up: with --scope
// io-threads the thread is judged all the same.
// Options: --scope io-threads --allow faults
// Exit: 1
// Verdict: fail
// Warmup: transfers 2
// Steady: transfers 99, malloc 1/24, free >=1, pageFaultMinor >=0
// Violation: malloc 1/24 first 51 thread opener in open_another
#include "direct.h"
#include <pthread.h>
#include <semaphore.h>

static const char *path;
static sem_t begin, done;

__attribute__((noinline)) static void open_another(void) {
    int fd = open_direct(path);
    write_block(fd, 0);
    free(keep(malloc(24)));
    close(fd);
}

static void *opener(void *nothing) {
    pthread_setname_np(pthread_self(), "opener");
    free(keep(malloc(24)));  // its arena, in the setup
    sem_post(&done);
    sem_wait(&begin);
    open_another();
    sem_post(&done);
    return nothing;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    path = arguments[1];
    sem_init(&begin, 0, 0);
    sem_init(&done, 0, 0);
    pthread_t thread;
    pthread_create(&thread, NULL, opener, NULL);
    sem_wait(&done);
    int fd = open_direct(path);
    write_blocks(fd, 50);
    sem_post(&begin);
    sem_wait(&done);
    write_blocks(fd, 50);
    pthread_join(thread, NULL);
    close(fd);
}
