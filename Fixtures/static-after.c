// Flags: -static
// Intent: of a static program the kernel counts the transfers of the warm-up, on whichever files; calls that move nothing are none.
// Options: --allow heap --steady-after 10
// Exit: 2
// Verdict: inconclusive
// Reason: is a static program, which loads no interposer
// Root Exit: 1
// Root Verdict: fail
// Root Reason: in the steady phase: 1 minor page fault, 1 mmap system call
// Root Warmup: transfers 10/40960, syscallMmap 3/12288
// Root Steady: transfers 20/81920, syscallMmap 1/8192, pageFaultMinor 1
// Root Violation: syscallMmap 1/8192
// Root Violation: pageFaultMinor 1
#include "direct.h"
#include <sys/mman.h>

static char data[BLOCK] __attribute__((aligned(4096)));

static void map(size_t bytes) {
    char *mapped = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(mapped != MAP_FAILED, "mmap");
    mapped[0] = 1;
}

static void transfer(int fd, long blocks) {
    for (long i = 0; i < blocks; i++) require(pwrite(fd, data, BLOCK, i * BLOCK) == BLOCK, "pwrite");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int first = open_direct(arguments[1]), second = open_direct(arguments[1]);
    transfer(first, 7);
    map(BLOCK);
    require(pread(first, data, BLOCK, 100 * BLOCK) == 0, "the file's end");
    map(BLOCK);
    transfer(second, 2);
    map(BLOCK);
    transfer(first, 1);
    map(2 * BLOCK);
    transfer(second, 20);
    close(first);
    close(second);
    return 0;
}
