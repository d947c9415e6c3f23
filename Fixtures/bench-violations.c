// For benchmarks: CALLS pairs of malloc and free in the steady phase, from one site 36 frames deep; prints nanoseconds
// per pair.
#include "direct.h"
#include <stdio.h>
#include <time.h>

static long calls;

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

__attribute__((noinline)) static void descend(int depth) {
    if (depth > 0) {
        descend(depth - 1);
        keep(NULL);  // no tail call
        return;
    }
    for (long i = 0; i < calls; i++) free(keep(malloc(64)));
}

int main(int count, char **arguments) {
    require(count > 2, "usage: bench-violations FILE CALLS");
    calls = atol(arguments[2]);
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 2);
    double start = seconds();
    descend(31);  // and main, three frames of libc's and the program's start
    double nanoseconds = (seconds() - start) * 1e9 / (double)calls;
    close(fd);
    printf("%.3f\n", nanoseconds);
}
