// Intent: what mdmon was seen to do with IMSM metadata. The monitor thread's very first heap call is a free late in its steady phase:
// glibc makes an arena for the thread all the same. The free is none, but the mmap is a violation, within that free.
// Options: --scope thread:monitor
// Needs: root, to lock whole stacks and arenas
// Exit: 1
// Verdict: fail
// Steady: transfers 99, free >=2, pageFaultMinor 33, syscallMmap 1/134217728
// Violation: syscallMmap 1/134217728 first 50 thread monitor within free in take_back < monitor
// Violation: pageFaultMinor 33
#include "direct.h"
#include <pthread.h>

static int fd;
static void *managers[2];

__attribute__((noinline)) static void take_back(int number) {
    free(managers[number]);
    __asm__ volatile("");
}

static void *monitor(void *nothing) {
    pthread_setname_np(pthread_self(), "monitor");
    for (int i = 0; i < 100; i++) {
        write_block(fd, i);
        if (i == 49) take_back(0);
        if (i == 59) take_back(1);
    }
    return nothing;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    for (int i = 0; i < 2; i++) managers[i] = keep(malloc(100));
    fd = open_direct(arguments[1]);
    lock_memory();
    pthread_t thread;
    pthread_create(&thread, NULL, monitor, NULL);
    pthread_join(thread, NULL);
    close(fd);
}
