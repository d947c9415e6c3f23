// Intent: 150 threads at once, more than the ledger has rows, allocate 7 times each at the same time: no call is lost.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: transfers 1, malloc 1050/21000, free >=1050
// Also: syscallBrk, syscallMmap
#include "direct.h"
#include <pthread.h>

enum { CROWD = 150 };
static pthread_barrier_t barrier;

static void *allocate(void *nothing) {
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 7; i++) free(keep(malloc(20)));
    pthread_barrier_wait(&barrier);
    return nothing;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    static pthread_t threads[CROWD];
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 1 << 16);
    pthread_barrier_init(&barrier, NULL, CROWD + 1);
    for (int i = 0; i < CROWD; i++)
        require(pthread_create(&threads[i], &small, allocate, NULL) == 0, "pthread_create");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 2);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    close(fd);
    for (int i = 0; i < CROWD; i++) pthread_join(threads[i], NULL);
}
