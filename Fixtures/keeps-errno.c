// Flags: -fno-builtin
// Intent: calls that succeed leave errno as it was, the first violation of a site and the phases' edges too.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: malloc 1/50, realloc 1/60, mmap 1/4096, munmap 1/4096, free 1
// Warmup: transfers 1
// Steady: transfers 1, malloc 1/50, realloc 1/60, mmap 1/4096, munmap 1/4096, free 1
// Teardown: malloc 1/50, realloc 1/60, mmap 1/4096, munmap 1/4096, free 1
#include "direct.h"
#include <errno.h>

#define KEEPS(call) require((errno = EDOM, (call), errno) == EDOM, #call)

static void use_memory(void) {
    void *memory, *page;
    KEEPS(memory = malloc(50));
    KEEPS(memory = realloc(memory, 60));
    KEEPS(free(memory));
    KEEPS(page = mmap(NULL, BLOCK, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    KEEPS(munmap(page, BLOCK));
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd, copy;
    use_memory();
    KEEPS(fd = open_direct(arguments[1]));
    KEEPS(write_blocks(fd, 2));
    use_memory();
    KEEPS(copy = dup(fd));
    KEEPS(fcntl(fd, F_SETFL, O_DIRECT));
    KEEPS(close(fd));
    KEEPS(close(copy));
    use_memory();
}
