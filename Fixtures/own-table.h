// A thread that takes a table of descriptors of its own closes its copy of the only O_DIRECT file, and uses the number for another
// file. The fixture says how it takes the table.
#ifndef OWN_TABLE_H
#define OWN_TABLE_H

#include "direct.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

static void take_own_table(void);

static sem_t unshares, unshared;
static int fd;

static void *close_own_copy(void *nothing) {
    sem_wait(&unshares);
    take_own_table();
    write_blocks(fd, 10);
    close(fd);
    int zero = open("/dev/zero", O_RDONLY);
    require(zero == fd, "the number is used again");
    for (int i = 0; i < 10; i++) require(read(zero, block, BLOCK) == BLOCK, "read");
    sem_post(&unshared);
    for (;;) pause();
    return nothing;
}

// 10 transfers before, and 10 after it.
static inline void transfer_around_close(const char *path) {
    pthread_t thread;
    require(pthread_create(&thread, NULL, close_own_copy, NULL) == 0, "pthread_create");
    fd = open_direct(path);
    write_blocks(fd, 10);
    sem_post(&unshares);
    sem_wait(&unshared);
    write_blocks(fd, 10);
}

#endif
