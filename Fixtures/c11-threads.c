// Intent: threads of C11, which libc starts by an internal name, end within the steady phase, by returning and by thrd_exit, each after
// an allocation and after touching pages of its own: all of it is theirs.
// Needs: root, for the tracepoints that report the thread of a page fault
// Options: --scope thread:toucher --allow syscallMmap,mmap
// Exit: 1
// Verdict: fail
// Threads: 5
// Steady: transfers 19, malloc 2/100, calloc >=0, free >=0
// Violation: pageFaultMinor 10 thread toucher in touch
// Violation: malloc 1/50 thread toucher in touch
#include "touchers.h"
#include <threads.h>

static void touch(int thread) {
    for (int page = 0; page < 10; page++) pages[(thread * 10 + page) * BLOCK] = 1;
    free(keep(malloc(50)));
}

static int toucher(void *number) {
    int thread = *(int *)number;
    pthread_setname_np(pthread_self(), "toucher");
    touch(thread);
    if (thread == 1) thrd_exit(7);
    return 5;
}

static void start(int number) {
    thrd_t thread;
    int result;
    require(thrd_create(&thread, toucher, &number) == thrd_success, "thrd_create");
    require(thrd_join(thread, &result) == thrd_success && result == (number == 1 ? 7 : 5), "thrd_join");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    touch_while_steady(arguments[1], start, 2);
}
