// Intent: the executable has a malloc of its own, by which it allocates at each transfer: not observed, and so no pass.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: brings its own malloc
// Warmup: transfers 1
// Steady: transfers 9
#include "direct.h"
#include <stdint.h>

static char pool[1 << 16] __attribute__((aligned(16)));
static size_t used;

__attribute__((visibility("hidden"))) void *malloc(size_t size) {
    used += (size + 15) & ~(size_t)15;
    require(used <= sizeof(pool), "the pool is empty");
    return pool + used - ((size + 15) & ~(size_t)15);
}

__attribute__((visibility("hidden"))) void free(void *memory) {
    require((uintptr_t)memory - (uintptr_t)pool < sizeof(pool), "not ours");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 10; i++) {
        write_block(fd, i);
        free(keep(malloc(32)));
    }
    close(fd);
}
