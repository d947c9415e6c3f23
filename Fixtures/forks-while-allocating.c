// Intent: forks while another thread allocates: the thread's calls are the parent's, and no child inherits a count.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: malloc 30/90, free 30, calloc >=0
// Warmup: transfers 1
// Steady: transfers 19, malloc 50000/400000, free >=50000
// Also: syscallMmap
#include "direct.h"
#include <pthread.h>
#include <sys/wait.h>

static pthread_barrier_t begin;

static void *allocate(void *nothing) {
    pthread_barrier_wait(&begin);
    for (int i = 0; i < 50000; i++) free(keep(malloc(8)));
    return nothing;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]), status;
    pthread_t thread;
    pthread_barrier_init(&begin, NULL, 2);
    require(pthread_create(&thread, NULL, allocate, NULL) == 0, "pthread_create");
    write_blocks(fd, 10);
    pthread_barrier_wait(&begin);
    for (int i = 0; i < 10; i++) {
        pid_t child = fork();
        if (child == 0) {
            for (int j = 0; j < 3; j++) free(keep(malloc(3)));
            _exit(0);
        }
        require(waitpid(child, &status, 0) == child && status == 0, "a child");
    }
    pthread_join(thread, NULL);
    write_blocks(fd, 10);
    close(fd);
}
