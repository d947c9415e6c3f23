// For tests of attach: begins, says its number, and at each line that it is given does the same things again, in both of its
// threads; then it says so. With "threads" it begins another thread for each line, which allocates, too; with "leaves" its main
// thread ends at the first line, and a thread named heir does what it did.
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096 };
static sem_t wanted, done, inherited;

static void __attribute__((noinline)) allocate(void) {
    for (int i = 0; i < 10; i++) {
        void *volatile block = malloc(32);
        block = realloc(block, 64);
        free(block);
    }
    void *volatile zeroed = calloc(3, 16);
    zeroed = reallocarray(zeroed, 4, 16);
    free(zeroed);
    void *volatile nothing = NULL;
    void *volatile fresh = realloc(nothing, 24);
    free(fresh);
    void *aligned;
    if (posix_memalign(&aligned, 64, 128) == 0) free(aligned);
    void *volatile another = aligned_alloc(64, 256);
    free(another);
    free(nothing);
}

static void __attribute__((noinline)) map_and_touch(void) {
    char *pages = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 8; i++) *(volatile char *)(pages + i * PAGE) = 1;
    munmap(pages, 8 * PAGE);
}

// So that the heap has grown to where it stays.
static void grow_heap(void) {
    for (int i = 0; i < 200; i++) allocate();
}

static void *work(void *unused) {
    (void)unused;
    grow_heap();
    for (;;) {
        sem_wait(&wanted);
        allocate();
        map_and_touch();
        sem_post(&done);
    }
    return NULL;
}

static void *allocate_once(void *unused) {
    allocate();
    return unused;
}

static bool begins_others;

static void *serve(void *unused) {
    char line[64];
    int length;
    do {
        allocate();
        map_and_touch();
        sem_post(&wanted);
        sem_wait(&done);
        if (begins_others) {
            pthread_t other;
            pthread_create(&other, NULL, allocate_once, NULL);
            pthread_join(other, NULL);
        }
        length = snprintf(line, sizeof(line), "%d\n", getpid());
        if (write(1, line, (size_t)length) != length) exit(1);
    } while (read(0, line, sizeof(line)) > 0);
    exit(0);
    return unused;
}

static void *inherit(void *unused) {
    grow_heap();
    sem_post(&done);
    sem_wait(&inherited);
    return serve(unused);
}

int main(int count, char **arguments) {
    bool leaves = count > 1 && strcmp(arguments[1], "leaves") == 0;
    begins_others = count > 1 && !leaves;
    sem_init(&wanted, 0, 0);
    sem_init(&done, 0, 0);
    sem_init(&inherited, 0, 0);
    pthread_t worker, heir;
    pthread_create(&worker, NULL, work, NULL);
    pthread_setname_np(worker, "worker");
    char line[64];
    grow_heap();
    // The first time its code and libc's are faulted in, the code that reads too: how much comes with one fault is up to the
    // page cache.
    if (read(0, line, 0) != 0) return 1;
    if (!leaves) serve(NULL);
    pthread_create(&heir, NULL, inherit, NULL);
    pthread_setname_np(heir, "heir");
    sem_wait(&done);
    int length = snprintf(line, sizeof(line), "%d\n", getpid());
    if (write(1, line, (size_t)length) != length || read(0, line, sizeof(line)) <= 0) return 1;
    sem_post(&inherited);
    syscall(SYS_exit, 0);  // pthread_exit would load libgcc_s, which allocates
}
