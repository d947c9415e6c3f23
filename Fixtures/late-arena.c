// Intent: what mdmon was seen to do. The monitor thread's very first heap call comes late in its steady phase: glibc makes an
// arena for it, which only the kernel sees it map, and MCL_FUTURE populates pages of it at once. The three are one finding.
// Options: --scope thread:monitor
// Needs: root, to lock whole stacks and arenas
// Exit: 1
// Verdict: fail
// Steady: transfers 99, calloc 1/64, free >=0, pageFaultMinor 33, syscallMmap 1/134217728
// Violation: calloc 1/64 first 50 thread monitor faults 33 in fail_disk < monitor
// Violation: syscallMmap 1/134217728 first 50 thread monitor within calloc in fail_disk < monitor
// Violation: pageFaultMinor 33
#include "direct.h"
#include <pthread.h>

static int fd;

__attribute__((noinline)) static void fail_disk(void) {
    keep(calloc(1, 64));
}

static void *monitor(void *nothing) {
    pthread_setname_np(pthread_self(), "monitor");
    for (int i = 0; i < 100; i++) {
        write_block(fd, i);
        if (i == 49) fail_disk();
    }
    return nothing;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    fd = open_direct(arguments[1]);
    lock_memory();
    pthread_t thread;
    pthread_create(&thread, NULL, monitor, NULL);
    pthread_join(thread, NULL);
    close(fd);
}
