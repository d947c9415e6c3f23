// Flags: -fno-builtin
// Intent: allocates aligned blocks by every function there is for it. They are aligned under audit too.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 1, posixMemalign 3/300, alignedAlloc 4/2048, memalign 5/505, valloc 6/600, pvalloc 7/700, free 25
// Teardown: nothing
// Settled: never
// Violation: posixMemalign 3/300 first 2 in main
// Violation: alignedAlloc 4/2048 first 2 in main
// Violation: memalign 5/505 first 2 in main
// Violation: valloc 6/600 first 2 in main
// Violation: pvalloc 7/700 first 2 in main
// Also: syscallBrk
#include "direct.h"
#include <malloc.h>
#include <stdint.h>

static void *aligned(void *memory, uintptr_t alignment) {
    require(memory != NULL && (uintptr_t)memory % alignment == 0, "alignment");
    return memory;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    void *memory = NULL;
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 2);
    for (int i = 0; i < 3; i++) {
        require(posix_memalign(&memory, 1024, 100) == 0, "posix_memalign");
        free(aligned(memory, 1024));
    }
    for (int i = 0; i < 4; i++) free(aligned(aligned_alloc(512, 512), 512));
    for (int i = 0; i < 5; i++) free(aligned(memalign(2048, 101), 2048));
    for (int i = 0; i < 6; i++) free(aligned(valloc(100), 4096));
    for (int i = 0; i < 7; i++) free(aligned(pvalloc(100), 4096));
    close(fd);
}
