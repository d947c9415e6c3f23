// Intent: threads that end within the steady phase, by returning, by pthread_exit and by being cancelled, each after touching
// pages of its own: their page faults are theirs.
// Needs: root, for the tracepoints that report the thread of a page fault
// Options: --scope thread:toucher --allow malloc,calloc,syscallMmap,mmap
// Exit: 1
// Verdict: fail
// Steady: transfers 19, free >=0
// Violation: pageFaultMinor 10 thread toucher in touch
#include "touchers.h"

static void touch(int thread) {
    for (int page = 0; page < 10; page++) pages[(thread * 10 + page) * BLOCK] = 1;
}

static void *toucher(void *number) {
    static volatile int never;
    long thread = (long)number;
    pthread_setname_np(pthread_self(), "toucher");
    touch((int)thread);
    if (thread == 1) pthread_exit(NULL);
    if (thread == 2) {
        pthread_cancel(pthread_self());
        while (!never) pthread_testcancel();
    }
    return NULL;
}

static void start(int number) {
    pthread_t thread;
    pthread_create(&thread, NULL, toucher, (void *)(long)number);
    pthread_join(thread, NULL);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    touch_while_steady(arguments[1], start, 3);
}
