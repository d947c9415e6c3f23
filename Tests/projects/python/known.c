// It allocates what it is told.
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

static void *volatile kept;

void allocate(int calls) {
    while (calls-- > 0) {
        kept = malloc(32);
        free(kept);
    }
}

// Touches so many pages, each of which takes a fault by itself; or maps them.
void touch(int pages, int touches) {
    size_t size = (size_t)pages << 12;
    char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) abort();
    madvise(memory, size, MADV_NOHUGEPAGE);
    for (int page = 0; touches && page < pages; page++) ((volatile char *)memory)[(size_t)page << 12] = 1;
    munmap(memory, size);
}

int lock(void) {
    return mlockall(MCL_CURRENT | MCL_FUTURE);
}

int unlock(void) {
    return munlockall();
}

static void *start(void *unused) {
    allocate(5);
    return unused;
}

void allocate_in_thread(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, start, NULL) == 0) pthread_join(thread, NULL);
}
