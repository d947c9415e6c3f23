// Intent: a filter of the program's own refuses to tell the name of a thread that is judged by its name. Its calls count.
// Options: --scope thread:worker --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: transfers 19, malloc 5/50
// Violation: malloc 5/50 first 11 in work
#include "refuses.h"
#include <pthread.h>

static void *work(void *file) {
    require(prctl(PR_SET_NAME, "worker") == 0, "PR_SET_NAME");
    int fd = *(int *)file;
    free(keep(malloc(1)));
    write_blocks(fd, 11);
    REFUSE(EPERM, SYS_prctl);
    for (int i = 0; i < 5; i++) keep(malloc(10));
    write_blocks(fd, 9);
    close(fd);
    return NULL;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    pthread_t thread;
    require(pthread_create(&thread, NULL, work, &fd) == 0, "pthread_create");
    pthread_join(thread, NULL);
}
