// Link: -laio
// Intent: one thread exchanges a descriptor's file by dup2, as log rotation does, while another submits to it two requests
// of which the kernel takes one.
// Options: --allow pageFaultMinor --timeout 60s
// Exit: 0
// Verdict: pass
// Warmup: transfers 2/8192
// Steady: transfers 20008/81952768
#include "direct.h"
#include <libaio.h>
#include <pthread.h>
#include <semaphore.h>

enum { ROUNDS = 20000 };

static int files[2], fd;
static sem_t rotates, stopped;
static volatile int stops;

static void *rotate(void *nothing) {
    sem_wait(&rotates);
    while (!stops) {
        dup2(files[0], fd);
        dup2(files[1], fd);
    }
    sem_post(&stopped);
    for (;;) pause();  // what libc frees as a thread ends is not meant here
    return nothing;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    static char second[4096];
    strcat(strcpy(second, arguments[1]), ".second");
    io_context_t context = 0;
    require(io_setup(8, &context) == 0, "io_setup");
    pthread_t rotator;
    require(pthread_create(&rotator, NULL, rotate, NULL) == 0, "pthread_create");
    files[0] = open_direct(arguments[1]);
    files[1] = open_direct(second);
    write_block(files[0], 0);
    write_block(files[1], 0);
    for (int i = 0; i < 4; i++) {
        write_block(files[0], i);
        write_block(files[1], i);
    }
    fd = fcntl(files[0], F_DUPFD, 50);
    sem_post(&rotates);
    for (int i = 0; i < ROUNDS; i++) {
        struct iocb taken, refused, *both[] = {&taken, &refused};
        io_prep_pwrite(&taken, fd, block, BLOCK, 0);
        io_prep_pwrite(&refused, fd, block, (size_t)-1, 0);
        struct io_event event;
        require(io_submit(context, 2, both) == 1, "io_submit");
        require(io_getevents(context, 1, 1, &event, NULL) == 1, "io_getevents");
    }
    stops = 1;
    sem_wait(&stopped);
    close(fd);
    close(files[0]);
    close(files[1]);
    _exit(0);
}
