// Link: -laio
// Intent: another thread reaps completions and unmaps their iocbs while the submitting call may still be under way.
// Options: --allow pageFaultMinor,pageFaultMajor,mmap,calloc
// Exit: 0
// Verdict: pass
// Warmup: transfers 32, munmap >=0
// Steady: transfers 1568/6422528, mmap 49/200704, munmap >=0, free >=0
#include "direct.h"
#include <libaio.h>
#include <pthread.h>
#include <semaphore.h>

enum { ROUNDS = 50, BATCH = 32 };

static io_context_t context;
static struct iocb *volatile iocbs;
static sem_t reaped;

static void *reap(void *nothing) {
    for (int round = 0; round < ROUNDS; round++) {
        struct io_event events[BATCH];
        require(io_getevents(context, BATCH, BATCH, events, NULL) == BATCH, "io_getevents");
        munmap(iocbs, BLOCK);
        sem_post(&reaped);
    }
    return nothing;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    require(ftruncate(fd, BATCH * BLOCK) == 0, "ftruncate");
    require(io_setup(BATCH, &context) == 0, "io_setup");
    sem_init(&reaped, 0, 0);
    pthread_t reaper;
    require(pthread_create(&reaper, NULL, reap, NULL) == 0, "pthread_create");
    for (int round = 0; round < ROUNDS; round++) {
        struct iocb *submitted[BATCH];
        iocbs = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        for (int i = 0; i < BATCH; i++) {
            submitted[i] = &iocbs[i];
            io_prep_pwrite(submitted[i], fd, block, BLOCK, i * BLOCK);
        }
        require(io_submit(context, BATCH, submitted) == BATCH, "io_submit");
        sem_wait(&reaped);
    }
    pthread_join(reaper, NULL);
    close(fd);
    io_destroy(context);
}
