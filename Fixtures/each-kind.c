// Flags: -fno-builtin
// Intent: calls every function that is counted, by every name, a number of times that no other has, in every phase.
// Options: --warmup-ios 2 --allow all --no-require-lock
// Exit: 0
// Verdict: pass
// Setup: transfers 0, malloc 2/200, calloc 3/306, realloc 5/515, reallocarray 7/728, free 67, posixMemalign 11/1155, alignedAlloc 13/1664, memalign 17/1819, valloc 19/2052, pvalloc 23/2507, freeSized 19, freeAlignedSized 14, mmap 60/245760, mremap 31/126976, munmap 60/245760, madvise 37/151552, brk 41, sbrk 42/86016, mlock 100/409600, munlock 59/241664, mlockall 61, munlockall 73
// Warmup: transfers 2, malloc 2/200, calloc 3/306, realloc 5/515, reallocarray 7/728, free 67, posixMemalign 11/1155, alignedAlloc 13/1664, memalign 17/1819, valloc 19/2052, pvalloc 23/2507, freeSized 19, freeAlignedSized 14, mmap 60/245760, mremap 31/126976, munmap 60/245760, madvise 37/151552, brk 41, sbrk 42/86016, mlock 100/409600, munlock 59/241664, mlockall 61, munlockall 73
// Steady: transfers 1, malloc 2/200, calloc 3/306, realloc 5/515, reallocarray 7/728, free 67, posixMemalign 11/1155, alignedAlloc 13/1664, memalign 17/1819, valloc 19/2052, pvalloc 23/2507, freeSized 19, freeAlignedSized 14, mmap 60/245760, mremap 31/126976, munmap 60/245760, madvise 37/151552, brk 41, sbrk 42/86016, mlock 100/409600, munlock 59/241664, mlockall 61, munlockall 73
// Teardown: transfers 0, malloc 2/200, calloc 3/306, realloc 5/515, reallocarray 7/728, free 67, posixMemalign 11/1155, alignedAlloc 13/1664, memalign 17/1819, valloc 19/2052, pvalloc 23/2507, freeSized 19, freeAlignedSized 14, mmap 60/245760, mremap 31/126976, munmap 60/245760, madvise 37/151552, brk 41, sbrk 42/86016, mlock 100/409600, munlock 59/241664, mlockall 61, munlockall 73
#include "direct.h"
#include <malloc.h>

// C23's, which only the interposer has where glibc is older than 2.41.
__attribute__((weak)) void free_sized(void *memory, size_t size);
__attribute__((weak)) void free_aligned_sized(void *memory, size_t alignment, size_t size);

#define TIMES(n) for (int i = 0; i < (n); i++)

// 2 + 3 + 5 + 7 + 11 + 13 + 17 + 19 + 23 blocks: 19 and 14 of them go by the sized frees.
static void use_the_heap(void) {
    static void *blocks[100];
    int n = 0;
    TIMES(2) blocks[n++] = keep(malloc(100));
    TIMES(3) blocks[n++] = keep(calloc(2, 51));
    TIMES(5) blocks[n++] = keep(realloc(NULL, 103));
    TIMES(7) blocks[n++] = keep(reallocarray(NULL, 4, 26));
    TIMES(11) require(posix_memalign(&blocks[n++], 64, 105) == 0, "posix_memalign");
    TIMES(13) blocks[n++] = keep(aligned_alloc(64, 128));
    TIMES(17) blocks[n++] = keep(memalign(64, 107));
    TIMES(19) blocks[n++] = keep(valloc(108));
    TIMES(23) blocks[n++] = keep(pvalloc(109));
    TIMES(19) free_sized(blocks[--n], 109);
    TIMES(14) free_aligned_sized(blocks[--n], 64, 109);
    while (n > 0) free(blocks[--n]);
}

static void use_mappings(void) {
    static char *pages[60];
    TIMES(29) pages[i] = mmap(NULL, BLOCK, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TIMES(31) pages[29 + i] = mmap64(NULL, BLOCK, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TIMES(31) require(mremap(pages[i], BLOCK, BLOCK, 0) == pages[i], "mremap");
    TIMES(37) require(madvise(pages[i], BLOCK, MADV_NORMAL) == 0, "madvise");
    TIMES(60) require(munmap(pages[i], BLOCK) == 0, "munmap");
    void *end = NULL;
    TIMES(21) require(sbrk(BLOCK) != (void *)-1, "sbrk");
    TIMES(21) require(sbrk(-BLOCK) != (void *)-1, "sbrk");
    end = sbrk(0);  // only asks, and is not counted
    TIMES(41) require(brk(end) == 0, "brk");
}

static void use_locks(void) {
    TIMES(47) require(mlock(block, BLOCK) == 0, "mlock");
    TIMES(53) require(mlock2(block, BLOCK, 0) == 0, "mlock2");
    TIMES(59) require(munlock(block, BLOCK) == 0, "munlock");
    TIMES(61) require(mlockall(MCL_CURRENT) == 0, "mlockall");
    TIMES(73) require(munlockall() == 0, "munlockall");
}

static void use_everything(void) {
    use_the_heap();
    use_mappings();
    use_locks();
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    use_everything();
    int fd = open_direct(arguments[1]);
    write_block(fd, 0);
    use_everything();
    write_blocks(fd, 2);
    use_everything();
    close(fd);
    use_everything();
}
