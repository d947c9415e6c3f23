// Intent: tries what the kernel must refuse, and reads after the end of the file: no data moved, so these are no
// transfers. Before the first real one all is setup, and between others all is what it was.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Kernel: pwrite64 11, pread64 1
// Setup: transfers 0, malloc 2/30, free 2
// Warmup: transfers 3/12288
// Steady: transfers 9/36864, malloc 1/30, free 1
// Teardown: nothing
// Violation: malloc 1/30 first 10 in main
#include "direct.h"
#include <errno.h>
#include <stdint.h>

static void fail(int fd) {
    require(pwrite(fd, block, BLOCK, -BLOCK) == -1 && errno == EINVAL, "an offset before the file's begin");
    require(pwrite(fd, (void *)(uintptr_t)BLOCK, BLOCK, 0) == -1 && errno == EFAULT, "no memory of ours");
    require(pread(fd, block, BLOCK, 1L << 40) == 0, "after the file's end");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    require(read(fd, block, BLOCK) == 0, "an empty file");
    free(keep(malloc(10)));
    fail(fd);
    free(keep(malloc(20)));
    write_blocks(fd, 10);
    int second = open_direct(arguments[1]);
    fail(second);
    free(keep(malloc(30)));
    write_block(second, 0);
    read_block(second, 0);
    close(fd);
    close(second);
}
