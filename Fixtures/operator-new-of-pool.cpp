// Intent: replaces operator new by a pool of its own, which calls no malloc: nobody counts its calls.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: has an operator new of its own that calls no heap function of libc
// Warmup: transfers 1
// Steady: transfers 9
#include "direct.h"

static char pool[1 << 16];
static size_t used;

void *operator new(size_t size) {
    void *block = pool + used;
    used += (size + 15) & ~size_t{15};
    return block;
}

void operator delete(void *) noexcept {}
void operator delete(void *, size_t) noexcept {}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    for (long i = 0; i < 10; i++) {
        write_block(fd, i);
        delete static_cast<long *>(keep(new long(i)));
    }
    close(fd);
}
