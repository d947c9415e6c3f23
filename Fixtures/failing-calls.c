// Flags: -fno-builtin
// Intent: calls that libc or the kernel refuses count as well, with what was asked for; result and errno pass
// unaltered.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Reason: (EINVAL)
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 1, malloc 1/4611686018427387904, calloc 1, realloc 1/4611686018427387904, reallocarray 1, posixMemalign 1/8, alignedAlloc 1/4611686018427387904, free 1, mmap 1/0, munmap 1/4096, mremap 1/4096, madvise 1/4096, mlock 2/8192, munlock 1/4096, mlockall 1
// Teardown: nothing
// Violation: malloc 1 first 2 in main
// Violation: reallocarray 1 first 2 in main
// Also: syscallBrk, syscallMmap
#include "direct.h"
#include <errno.h>
#include <stdint.h>

#define FAILS(call, value, error)                            \
    do {                                                     \
        errno = 0;                                           \
        require((call) == (value) && errno == (error), #call); \
    } while (0)

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    size_t huge = (size_t)keep((void *)((uintptr_t)1 << 62));
    void *nowhere = (void *)(uintptr_t)BLOCK, *memory = NULL;
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 2);
    FAILS(malloc(huge), NULL, ENOMEM);
    FAILS(calloc(huge, 4), NULL, ENOMEM);
    FAILS(realloc(NULL, huge), NULL, ENOMEM);
    FAILS(reallocarray(NULL, huge, 8), NULL, ENOMEM);
    FAILS(aligned_alloc(64, huge), NULL, ENOMEM);
    require(posix_memalign(&memory, 3, 8) == EINVAL, "posix_memalign");
    FAILS((free(NULL), 0), 0, 0);
    FAILS(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), MAP_FAILED, EINVAL);
    FAILS(munmap((char *)nowhere + 1, BLOCK), -1, EINVAL);
    FAILS(mremap(nowhere, BLOCK, BLOCK, 0), MAP_FAILED, EFAULT);
    FAILS(madvise(nowhere, BLOCK, MADV_DONTNEED), -1, ENOMEM);
    FAILS(mlock(nowhere, BLOCK), -1, ENOMEM);
    FAILS(mlock2(nowhere, BLOCK, 0), -1, ENOMEM);
    FAILS(munlock(nowhere, BLOCK), -1, ENOMEM);
    FAILS(mlockall(1 << 20), -1, EINVAL);
    close(fd);
}
