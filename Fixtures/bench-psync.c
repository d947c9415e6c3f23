// For benchmarks: the plainest C loop of psync transfers, read or write, at random blocks of BYTES in a file of SIZE;
// prints the nanoseconds that TRANSFERS of them took, as the driver does.
#include "direct.h"
#include <stdint.h>
#include <stdio.h>
#include <time.h>

static uint64_t nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int main(int count, char **arguments) {
    require(count > 5, "usage: bench-psync FILE randread|randwrite BYTES SIZE TRANSFERS");
    int writes = strcmp(arguments[2], "randwrite") == 0;
    size_t bytes = (size_t)atol(arguments[3]);
    uint64_t blocks = (uint64_t)atol(arguments[4]) / bytes;
    long transfers = atol(arguments[5]);
    char *data = keep(aligned_alloc(4096, bytes));
    int fd = open_direct(arguments[1]);
    memset(data, 1, bytes);
    for (uint64_t i = 0; i < blocks; i++)
        require(pwrite(fd, data, bytes, (off_t)(i * bytes)) == (ssize_t)bytes, "lay-out");
    uint64_t random = 88172645463325252u, start = nanoseconds();
    for (long i = 0; i < transfers; i++) {
        random ^= random << 13, random ^= random >> 7, random ^= random << 17;
        off_t at = (off_t)(random % blocks * bytes);
        ssize_t moved = writes ? pwrite(fd, data, bytes, at) : pread(fd, data, bytes, at);
        require(moved == (ssize_t)bytes, "transfer");
    }
    printf("transfers=%ld nanoseconds=%lu\n", transfers, nanoseconds() - start);
}
