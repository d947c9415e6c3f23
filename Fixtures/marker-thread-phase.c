// Intent: a thread names its own phases, and leaves the process's alone: its events in its steady phase are violations, those
// in its warm-up are not, and those of other threads in the process's setup are not either.
// Needs: root, to lock whole stacks and arenas
// Exit: 1
// Verdict: fail
// Setup: malloc 3/30, calloc 1/288, free >=0, mlockall 1
// Warmup: malloc 2/40, transfers 1/4096
// Steady: malloc 1/50, transfers 5/20480
// Violation: malloc 1/50 first 4 thread poller in poll_device
#include "direct.h"
#include <dioaudit.h>
#include <pthread.h>

static int fd;

__attribute__((noinline)) static void *poll_device(void *nothing) {
    pthread_setname_np(pthread_self(), "poller");
    keep(malloc(10));
    dioaudit_phase_thread("warmup");
    write_block(fd, 0);
    keep(malloc(20));
    keep(malloc(20));
    dioaudit_phase_thread("steady");
    for (int i = 0; i < 5; i++) {
        write_block(fd, i);
        if (i == 2) keep(malloc(50));
    }
    dioaudit_phase_thread(NULL);
    return nothing;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    dioaudit_phase("setup");
    fd = open_direct(arguments[1]);
    lock_memory();
    keep(malloc(10));
    pthread_t poller;
    pthread_create(&poller, NULL, poll_device, NULL);
    pthread_join(poller, NULL);
    keep(malloc(10));
    dioaudit_phase("teardown");
    close(fd);
}
