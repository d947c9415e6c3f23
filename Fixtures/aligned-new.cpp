// Intent: operator new of a type that wants more alignment than malloc gives is aligned_alloc,
// or in libstdc++ 14 posix_memalign.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: transfers 4, alignedAlloc|posixMemalign 5/1280, free 5
// Violation: alignedAlloc|posixMemalign 5/1280 first 1 in operator new < main
#include "direct.h"

struct alignas(256) Wide {
    char bytes[256];
};

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 5; i++) {
        write_block(fd, i);
        delete static_cast<Wide *>(keep(new Wide));
    }
    close(fd);
}
