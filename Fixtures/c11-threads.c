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
#include "direct.h"
#include <pthread.h>
#include <threads.h>

static char *pages;

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
    pages = mmap(NULL, 60 * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(pages, 60 * BLOCK, MADV_NOHUGEPAGE);
    // Once for warmth: the pages of code, the thread's arena, and each way to end, with libgcc's.
    for (int number = 0; number < 2; number++) start(number);
    madvise(pages, 60 * BLOCK, MADV_DONTNEED);
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    for (int number = 0; number < 2; number++) start(number);
    write_blocks(fd, 10);
    close(fd);
}
