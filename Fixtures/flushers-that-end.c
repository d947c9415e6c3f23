// For tests: threads that transfer under PR_SET_IO_FLUSHER and end before anybody can ask in /proc whether they did. Needs
// CAP_SYS_RESOURCE.
#include "direct.h"
#include <pthread.h>
#include <sys/prctl.h>

enum { SET_IO_FLUSHER = 57 };  // PR_SET_IO_FLUSHER, Linux 5.6

static int fd;

static void *write_some(void *nothing) {
    write_blocks(fd, 5);
    return nothing;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    require(prctl(SET_IO_FLUSHER, 1, 0, 0, 0) == 0, "PR_SET_IO_FLUSHER");
    fd = open_direct(arguments[1]);
    lock_memory();
    write_block(fd, 0);
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        require(pthread_create(&thread, NULL, write_some, NULL) == 0, "a thread");
        pthread_join(thread, NULL);
    }
    close(fd);
}
