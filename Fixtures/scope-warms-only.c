// Intent: what mdmon does: the manager thread reads what is there, and the monitor writes from then on. With --scope io-threads what
// the manager allocates later is no violation, since it has transferred before the steady phase only.
// Options: --scope io-threads --allow faults
// Exit: 0
// Verdict: pass
// Warmup: transfers 1
// Steady: transfers 99, malloc 3/300, free >=3, pageFaultMinor >=0
#include "direct.h"
#include <pthread.h>
#include <semaphore.h>

static int fd;
static sem_t begin;

static void *monitor(void *nothing) {
    pthread_setname_np(pthread_self(), "monitor");
    sem_wait(&begin);
    write_blocks(fd, 99);
    return nothing;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    sem_init(&begin, 0, 0);
    fd = open_direct(arguments[1]);
    pthread_t thread;
    pthread_create(&thread, NULL, monitor, NULL);
    write_block(fd, 0);
    for (int i = 0; i < 3; i++) free(keep(malloc(100)));
    sem_post(&begin);
    pthread_join(thread, NULL);
    close(fd);
}
