// It allocates what it is told.
#include <pthread.h>
#include <stdlib.h>

static void *volatile kept;

void allocate(int calls) {
    while (calls-- > 0) {
        kept = malloc(32);
        free(kept);
    }
}

static void *start(void *unused) {
    allocate(5);
    return unused;
}

void allocate_in_thread(void) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, start, NULL) == 0) pthread_join(thread, NULL);
}
