// Intent: a thread that does no transfers has the number of an ended one that did: it is judged by its own rows, and not by those
// that the other left.
// Needs: root
// Options: --scope io-threads --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Steady: transfers 9, malloc 5/50, calloc >=0, free >=0, mmap >=0, munmap >=0
#include "direct.h"
#include <pthread.h>
#include <stdio.h>

static const char *path;
static int fd;
static pid_t number;
static int has_allocated;

static void *transfer(void *nothing) {
    number = gettid();
    fd = open_direct(path);
    write_blocks(fd, 10);
    return nothing;
}

static void *allocate(void *nothing) {
    if (gettid() != number) return nothing;
    for (int i = 0; i < 5; i++) keep(malloc(10));
    has_allocated = 1;
    return nothing;
}

static void run(void *(*start)(void *)) {
    pthread_t thread;
    require(pthread_create(&thread, NULL, start, NULL) == 0 && pthread_join(thread, NULL) == 0, "a thread");
}

static void choose_number(pid_t next) {
    char text[16];
    int length = snprintf(text, sizeof(text), "%d", next - 1);
    int last = open("/proc/sys/kernel/ns_last_pid", O_WRONLY);
    require(last >= 0 && write(last, text, (size_t)length) == length, "ns_last_pid");
    close(last);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    path = arguments[1];
    run(transfer);
    for (int tried = 0; tried < 1000 && !has_allocated; tried++) {  // another program may have the number meanwhile
        choose_number(number);
        run(allocate);
    }
    require(has_allocated, "the number was never to be had");
    close(fd);
}
