// Flags: -static
// A static program with threads that map: only the kernel knows, and strace.
#include "direct.h"
#include <pthread.h>

static void *map(void *nothing) {
    for (int i = 0; i < 5; i++) {
        void *page = mmap(NULL, BLOCK, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        require(page != MAP_FAILED, "mmap");
        require(mremap(page, BLOCK, 2 * BLOCK, MREMAP_MAYMOVE) != MAP_FAILED, "mremap");
    }
    return nothing;
}

int main(void) {
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, map, NULL);
        pthread_join(threads[i], NULL);
    }
}
