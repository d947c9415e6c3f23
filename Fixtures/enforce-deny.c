// Intent: in the steady phase each allocation fails as it would without memory, a block to be resized stays, and what gives
// memory back works; before and after nothing is denied.
// Options: --enforce deny --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Steady: transfers 9, malloc 1/10, calloc 1/20, realloc 1/200000, posixMemalign 1/30, alignedAlloc 1/64, mmap 1/4096, sbrk 1/4096, free 1
// Teardown: malloc 1/40, free 1
#include "direct.h"
#include <errno.h>

static int denied(void *result, void *failure) {
    int is_denied = keep(result) == failure && errno == ENOMEM;
    errno = 0;
    return is_denied;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char *block_before = keep(malloc(16)), *kept = keep(malloc(16));
    strcpy(kept, "kept");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    errno = 0;
    require(denied(malloc(10), NULL), "malloc");
    require(denied(calloc(1, 20), NULL), "calloc");
    require(denied(realloc(kept, 200000), NULL) && strcmp(kept, "kept") == 0, "realloc");
    void *memory = &errno;
    require(posix_memalign(&memory, 64, 30) == ENOMEM && memory == &errno, "posix_memalign");
    errno = 0;
    require(denied(aligned_alloc(64, 64), NULL), "aligned_alloc");
    require(denied(mmap(NULL, BLOCK, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), MAP_FAILED), "mmap");
    require(denied(sbrk(BLOCK), (void *)-1), "sbrk");
    free(block_before);
    close(fd);
    void *later = keep(malloc(40));
    require(later != NULL, "after the last close");
    free(later);
}
