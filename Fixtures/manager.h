// A program like mdmon: a thread that transfers, and one that manages and may allocate. Memory is locked.
#include "direct.h"
#include <pthread.h>
#include <semaphore.h>

static sem_t begin, done;

static void *manage(void *nothing) {
    pthread_setname_np(pthread_self(), "manager");
    sem_wait(&begin);
    for (int i = 0; i < 10; i++) free(keep(malloc(40000)));
    // Locked memory is populated at once: 10 pages.
    require(mmap(NULL, 10 * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED, "mmap");
    sem_post(&done);
    return nothing;
}

__attribute__((noinline)) static void transfer(int fd, int i, int allocates) {
    write_block(fd, i);
    if (allocates && i == 59) free(keep(malloc(24)));
}

static void run(const char *path, int allocates) {
    sem_init(&begin, 0, 0);
    sem_init(&done, 0, 0);
    pthread_setname_np(pthread_self(), "writer");
    free(keep(malloc(100)));
    int fd = open_direct(path);
    pthread_t manager;
    pthread_create(&manager, NULL, manage, NULL);
    lock_memory();
    for (int i = 0; i < 100; i++) {
        transfer(fd, i, allocates);
        if (i != 49) continue;
        sem_post(&begin);
        sem_wait(&done);
    }
    close(fd);
    pthread_join(manager, NULL);
}
