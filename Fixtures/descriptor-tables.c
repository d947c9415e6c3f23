// Intent: a thread has a descriptor table of its own, in which a number names an O_DIRECT file, and another file in the table of the
// others. The kernel and the interposer look in the thread's own table. The two openings of the file look alike, so it has one warm-up.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Needs: root
// Kernel: pwrite64 19
// Warmup: transfers 1
// Steady: transfers 18
#include "direct.h"
#include <pthread.h>
#include <sched.h>

static pthread_barrier_t together;
static int number;  // in the thread's table an O_DIRECT file, in the others' a plain one

static void *move(void *path) {
    require(unshare(CLONE_FILES) == 0, "unshare");
    int fd = open_direct(path);
    require(dup2(fd, number) == number, "dup2");
    pthread_barrier_wait(&together);  // the number names two files
    pthread_barrier_wait(&together);  // the others are done
    for (int i = 0; i < 9; i++) write_block(number, i);
    pthread_barrier_wait(&together);
    pthread_barrier_wait(&together);  // it frees when it ends
    return NULL;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    number = open(arguments[1], O_RDWR);
    pthread_barrier_init(&together, NULL, 2);
    pthread_t thread;
    pthread_create(&thread, NULL, move, arguments[1]);
    pthread_barrier_wait(&together);
    write_block(fd, 0);
    for (int i = 0; i < 7; i++) write_block(number, i);
    for (int i = 0; i < 9; i++) write_block(fd, i);
    pthread_barrier_wait(&together);
    pthread_barrier_wait(&together);
    close(fd);
    pthread_barrier_wait(&together);
    pthread_join(thread, NULL);
}
