// Flags: -static
// Intent: a static program has phases by the transfers that the kernel saw. With --allow heap it is judged by its mappings and page
// faults: here by one of each, in the steady phase; what it does before its second transfer and after its last close is not.
// Options: --allow heap
// Exit: 2
// Verdict: inconclusive
// Reason: is a static program, which loads no interposer
// Root Exit: 1
// Root Verdict: fail
// Root Reason: in the steady phase: 1 minor page fault, 1 mmap system call
// Root Warmup: transfers 1/4096
// Root Steady: transfers 49/200704, syscallMmap 1/8192, pageFaultMinor 1
// Root Violation: syscallMmap 1/8192
// Root Violation: pageFaultMinor 1
#include "direct.h"
#include <sys/mman.h>

static char data[BLOCK] __attribute__((aligned(4096)));

static char *map(size_t bytes) {
    char *mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(mapped != MAP_FAILED, "mmap");
    return mapped;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    map(BLOCK)[0] = 1;
    for (int i = 0; i < 50; i++) {
        require(pwrite(fd, data, BLOCK, (off_t)i * BLOCK) == BLOCK, "pwrite");
        if (i == 20) map(2 * BLOCK)[0] = 1;
    }
    close(fd);
    map(BLOCK)[0] = 1;
    return 0;
}
