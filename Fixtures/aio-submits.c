// Link: -laio
// Intent: iocbs are transfers when they are submitted, each kind of them; libaio's syscalls pass no other name of ours.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Kernel: io_submit 40
// Warmup: transfers 8/32768
// Steady: transfers 32/131072, syncs 0, malloc 1/12, free 1
// Violation: malloc 1/12 first 40 in main
// Also: syscallBrk
#include "direct.h"
#include <libaio.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    io_context_t context = 0;
    require(io_setup(8, &context) == 0, "io_setup");
    struct iovec vector = {block, BLOCK};
    struct iocb iocbs[8], *submitted[8];
    struct io_event events[8];
    for (int i = 0; i < 8; i++) {
        submitted[i] = &iocbs[i];
        if (i % 4 == 0) io_prep_pwrite(&iocbs[i], fd, block, BLOCK, i * BLOCK);
        if (i % 4 == 1) io_prep_pwritev(&iocbs[i], fd, &vector, 1, i * BLOCK);
        if (i % 4 == 2) io_prep_pread(&iocbs[i], fd, block, BLOCK, 0);
        if (i % 4 == 3) io_prep_preadv(&iocbs[i], fd, &vector, 1, 0);
    }
    require(ftruncate(fd, 8 * BLOCK) == 0, "ftruncate");
    for (int round = 0; round < 5; round++) {
        require(io_submit(context, 8, submitted) == 8, "io_submit");
        require(io_getevents(context, 8, 8, events, NULL) == 8, "io_getevents");
        for (int i = 0; i < 8; i++) require(events[i].res == BLOCK, "an iocb");
    }
    free(keep(malloc(12)));
    close(fd);
    io_destroy(context);
}
