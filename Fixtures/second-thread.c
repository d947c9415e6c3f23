// Intent: the thread that transfers allocates nothing; another one, named "manager", does meanwhile.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Threads: 2
// Warmup: transfers 1
// Steady: transfers 99, malloc 10/400, free >=10
// Settled: 51
// Violation: malloc 10/400 first 50 thread manager in manage
// Also: syscallMmap
#include "direct.h"
#include <pthread.h>
#include <semaphore.h>

static sem_t begin, done;

static void *manage(void *nothing) {
    pthread_setname_np(pthread_self(), "manager");
    sem_wait(&begin);
    for (int i = 0; i < 10; i++) free(keep(malloc(40)));
    sem_post(&done);
    return nothing;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    sem_init(&begin, 0, 0);
    sem_init(&done, 0, 0);
    pthread_t manager;
    pthread_create(&manager, NULL, manage, NULL);
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 50);
    sem_post(&begin);
    sem_wait(&done);
    write_blocks(fd, 50);
    close(fd);
    pthread_join(manager, NULL);
}
