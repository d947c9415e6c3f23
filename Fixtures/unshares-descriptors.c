// Intent: a thread with a table of descriptors of its own closes its copy of the last file: the file is open still for the others. The
// same number may name another file there.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: transfers 29, malloc 1/77, free 1
// Violation: malloc 1/77 first 30 in main
// Teardown: nothing
#include "direct.h"
#include "raw.h"
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

static sem_t unshares, unshared;
static int fd;

static void *close_own_copy(void *nothing) {
    sem_wait(&unshares);
    require(raw(SYS_unshare, CLONE_FILES, 0, 0, 0) == 0, "unshare");
    write_blocks(fd, 10);
    close(fd);
    int zero = open("/dev/zero", O_RDONLY);
    require(zero == fd, "the number is used again");
    for (int i = 0; i < 10; i++) require(read(zero, block, BLOCK) == BLOCK, "read");
    sem_post(&unshared);
    for (;;) pause();
    return nothing;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    pthread_t thread;
    require(pthread_create(&thread, NULL, close_own_copy, NULL) == 0, "pthread_create");
    fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    sem_post(&unshares);
    sem_wait(&unshared);
    write_blocks(fd, 10);
    free(keep(malloc(77)));
    _exit(0);
}
