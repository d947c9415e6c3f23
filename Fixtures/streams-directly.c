// Intent: a thread transfers by a stream of an O_DIRECT file, which libc does by itself: where only threads that transfer are
// judged, it might be missed. Another thread transfers as usual.
// Options: --scope io-threads --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: has 2 streams of O_DIRECT files (fdopen, fopen)
// Reason: transfers that were not seen
// Root Exit: 1
// Root Verdict: fail
// Root Reason: has 2 streams of O_DIRECT files (fdopen, fopen)
// Root Also: syscallMmap, syscallMunmap
// Kernel: write 20, pwrite64 10
// Steady: malloc >=20, free 2
// Root Warmup: transfers 1
// Root Steady: transfers 29, malloc >=20, free 2
#include "direct.h"
#include <pthread.h>
#include <stdio.h>

static pthread_barrier_t together;
static char buffer[BLOCK] __attribute__((aligned(4096)));

static void *stream(void *path) {
    pthread_barrier_wait(&together);
    FILE *file = fdopen(open_direct(path), "w+");
    setvbuf(file, buffer, _IOFBF, BLOCK);
    for (int i = 0; i < 20; i++) {
        require(fwrite(block, 1, BLOCK, file) == BLOCK && fflush(file) == 0, "fwrite");
        keep(malloc(9));
    }
    FILE *later = fopen(path, "r+");
    require(fcntl(fileno(later), F_SETFL, O_DIRECT) == 0, "F_SETFL");
    pthread_barrier_wait(&together);
    return NULL;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    pthread_barrier_init(&together, NULL, 2);
    pthread_t thread;
    pthread_create(&thread, NULL, stream, arguments[1]);
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 5);
    pthread_barrier_wait(&together);
    pthread_barrier_wait(&together);
    write_blocks(fd, 5);
    close(fd);
    pthread_join(thread, NULL);
}
