// Link: -laio
// Intent: iocbs of different sizes in one batch: the bytes are each phase's own, to the byte, also where the kernel takes
// only the first of them.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Setup: transfers 0
// Warmup: transfers 4/28672
// Steady: transfers 4/32768
#include "direct.h"
#include <libaio.h>

static char data[3 * BLOCK] __attribute__((aligned(4096)));

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    io_context_t context = 0;
    require(io_setup(8, &context) == 0, "io_setup");
    struct iocb iocbs[3], *all[3] = {&iocbs[0], &iocbs[1], &iocbs[2]}, *some[3] = {&iocbs[0], &iocbs[1], NULL};
    struct io_event events[3];
    for (int i = 0; i < 3; i++) io_prep_pwrite(&iocbs[i], fd, data, (size_t)(i + 1) * BLOCK, 0);
    require(io_submit(context, 3, all) == 3, "all");
    require(io_getevents(context, 3, 3, events, NULL) == 3, "io_getevents");
    iocbs[2].aio_fildes = -1;
    some[2] = some[1], some[1] = &iocbs[2];
    require(io_submit(context, 1, some) == 1, "one");
    require(io_getevents(context, 1, 1, events, NULL) == 1, "io_getevents");
    some[0] = &iocbs[1];
    require(io_submit(context, 3, some) == 1, "the first of three");
    require(io_getevents(context, 1, 1, events, NULL) == 1, "io_getevents");
    int second = open_direct(arguments[1]);
    for (int i = 0; i < 3; i++) io_prep_pwrite(&iocbs[i], second, data, (size_t)(i + 1) * BLOCK, 0);
    require(io_submit(context, 3, all) == 3, "all, on a file whose first transfer only is warm-up");
    require(io_getevents(context, 3, 3, events, NULL) == 3, "io_getevents");
    close(fd);
    close(second);
    io_destroy(context);
}
