// Intent: 300 short threads, ever 4 at a time, allocate 7 times each: more than the ledger has rows, and no call is lost.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Threads: 301
// Warmup: transfers 1
// Steady: transfers 75, malloc 2100/21000, free >=2100, calloc >=0
// Also: syscallBrk, syscallMmap
#include "direct.h"
#include <pthread.h>

static void *allocate(void *nothing) {
    for (int i = 0; i < 7; i++) free(keep(malloc(10)));
    return nothing;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_block(fd, 0);
    for (int round = 0; round < 75; round++) {
        pthread_t threads[4];
        for (int i = 0; i < 4; i++) require(pthread_create(&threads[i], NULL, allocate, NULL) == 0, "pthread_create");
        write_block(fd, round % 10);
        for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
    }
    close(fd);
}
