// Intent: threads that end within the steady phase, by returning, by pthread_exit and by being cancelled, each after touching
// pages of its own: their page faults are theirs.
// Needs: root, for the tracepoints that report the thread of a page fault
// Options: --scope thread:toucher --allow malloc,calloc,syscallMmap,mmap
// Exit: 1
// Verdict: fail
// Steady: transfers 19, free >=0
// Violation: pageFaultMinor 10 thread toucher in touch
#include "direct.h"
#include <pthread.h>

static char *pages;

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

static void start(long number) {
    pthread_t thread;
    pthread_create(&thread, NULL, toucher, (void *)number);
    pthread_join(thread, NULL);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    pages = mmap(NULL, 60 * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(pages, 60 * BLOCK, MADV_NOHUGEPAGE);
    // Once for warmth: the pages of code, of the name's setting and of each way to end, libgcc's among them.
    for (long number = 0; number < 3; number++) start(number);
    madvise(pages, 60 * BLOCK, MADV_DONTNEED);
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    for (long number = 0; number < 3; number++) start(number);
    write_blocks(fd, 10);
    close(fd);
}
