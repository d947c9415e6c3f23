// Intent: a descriptor is closed by another thread while a call moves data by it, and then names another file: the call is one
// transfer of the file that it began on, for the kernel as for the interposer.
// Needs: root, since an ordinary user's only second witness takes the reading of a file system's own blocks for a transfer
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Kernel: pwrite64 14
// Warmup: transfers 5/134221824
// Steady: transfers 9
#include "direct.h"
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>

enum { MUCH = 32 << 20, TIMES = 4 };
static char *much;
static int moving, thread;
static volatile int has_moved;
static pthread_barrier_t together;

static void *move(void *ignored) {
    thread = (int)syscall(SYS_gettid);
    for (int i = 0; i < TIMES; i++) {
        pthread_barrier_wait(&together);
        require(pwrite(moving, much, MUCH, 0) == MUCH, "the long write");
        has_moved = 1;
        pthread_barrier_wait(&together);
    }
    pthread_barrier_wait(&together);  // it frees when it ends
    return ignored;
}

// /proc/…/syscall has a thread's call while it sleeps in it. On a busy machine the call may be over before anybody looks.
static void wait_until_it_moves(void) {
    char name[64], call[3];
    snprintf(name, sizeof(name), "/proc/self/task/%d/syscall", thread);
    do {
        int file = open(name, O_RDONLY);
        require(file >= 0 && read(file, call, 3) == 3, name);
        close(file);
    } while (!has_moved && memcmp(call, "18 ", 3) != 0);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    const char *path = arguments[1];
    much = mmap(NULL, MUCH, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    require(much != MAP_FAILED, "mmap");
    pthread_t mover;
    pthread_barrier_init(&together, NULL, 2);
    pthread_create(&mover, NULL, move, NULL);
    int kept = open_direct(path), plain = open(path, O_RDWR);
    write_blocks(kept, 10);
    for (int i = 0; i < TIMES; i++) {
        moving = open_direct(path);
        has_moved = 0;
        pthread_barrier_wait(&together);
        wait_until_it_moves();
        if (i % 2) close(moving);
        else dup2(plain, moving);
        pthread_barrier_wait(&together);
    }
    close(kept);
    pthread_barrier_wait(&together);
    pthread_join(mover, NULL);
}
