// Intent: forks by _Fork while another thread allocates, so that a child may have a lock of the heap that no thread will release.
// The child's phases begin and end all the same.
// Options: --syscalls off --allow heap,faults,mappings
// Exit: 0
// Verdict: pass
// Warmup: transfers 100
// Steady: transfers 900, malloc >=0, free >=0
#include "direct.h"
#include <pthread.h>
#include <sys/wait.h>

enum { CHILDREN = 100 };

static volatile int over;

static void *allocate(void *nothing) {
    while (!over) {
        void *blocks[16];
        for (size_t i = 0; i < 16; i++) blocks[i] = keep(malloc(2000 + i * 100));
        for (size_t i = 0; i < 16; i++) free(blocks[i]);
    }
    return nothing;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    pthread_t thread;
    require(pthread_create(&thread, NULL, allocate, NULL) == 0, "pthread_create");
    for (int i = 0; i < CHILDREN; i++) {
        int status;
        pid_t child = _Fork();
        if (child == 0) {
            int fd = open_direct(arguments[1]);
            write_blocks(fd, 10);
            close(fd);
            _exit(0);
        }
        require(waitpid(child, &status, 0) == child && status == 0, "the child");
    }
    over = 1;
    pthread_join(thread, NULL);
}
