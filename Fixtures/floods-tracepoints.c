// For tests: for SECONDS causes at least 200,000 kernel events a second in two threads, at an even pace: page faults, each with
// a page that is allocated. Prints how many.
#define _GNU_SOURCE
#include "direct.h"
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { FAULTS_A_SECOND = 55000 };  // of each thread, each reported twice
static double seconds;
static uint64_t faults[2];

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *flood(void *argument) {
    uint64_t *count = argument;
    char *page = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(page != MAP_FAILED, "mmap");
    double start = now();
    for (double time = start; time - start < seconds; time = now())
        for (; (double)*count < (time - start) * FAULTS_A_SECOND; ++*count) {
            *(volatile char *)page = 1;
            madvise(page, BLOCK, MADV_DONTNEED);
        }
    return NULL;
}

int main(int count, char **arguments) {
    require(count > 2, "which file, and for how long?");
    seconds = atof(arguments[2]);
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    pthread_t threads[2];
    for (int i = 0; i < 2; i++) pthread_create(&threads[i], NULL, flood, &faults[i]);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    printf("%llu\n", (unsigned long long)(faults[0] + faults[1]));
    fflush(stdout);
    write_blocks(fd, 1);
    close(fd);
}
