// Intent: the first thread has ended: it has no descriptors any more, and the others are not taken for threads with a table of their own.
// Exit: 0
// Verdict: pass
// Warmup: transfers 1
// Steady: transfers 9
// Teardown: malloc 1/77, free 1
#include "direct.h"
#include <pthread.h>

static char *path;
static pthread_t first;

static void *go_on(void *nothing) {
    pthread_join(first, NULL);
    int fd = open_direct(path);
    write_blocks(fd, 10);
    close(fd);
    free(keep(malloc(77)));
    _exit(0);
    return nothing;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    path = arguments[1];
    first = pthread_self();
    pthread_t second;
    require(pthread_create(&second, NULL, go_on, NULL) == 0, "pthread_create");
    pthread_exit(NULL);
}
