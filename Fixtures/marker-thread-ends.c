// Intent: a thread ends in a phase of its own: its last page faults are unknown.
// Needs: root, to lock whole stacks and arenas
// Exit: 2
// Verdict: inconclusive
// Reason: ended in a phase of their own
// Steady: transfers 5, free >=0
#include "direct.h"
#include <dioaudit.h>
#include <pthread.h>

static int fd;

static void *poll_device(void *nothing) {
    dioaudit_phase_thread("steady");
    write_blocks(fd, 5);
    return nothing;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    dioaudit_phase("setup");
    fd = open_direct(arguments[1]);
    lock_memory();
    pthread_t poller;
    pthread_create(&poller, NULL, poll_device, NULL);
    pthread_join(poller, NULL);
    dioaudit_phase("teardown");
    close(fd);
}
