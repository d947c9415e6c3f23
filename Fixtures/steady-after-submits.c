// Link: -laio
// Intent: the call that makes the tenth transfer is warm-up as a whole, here the second of eight iocbs each.
// Options: --steady-after 10 --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Kernel: io_submit 40
// Warmup: transfers 16/65536, malloc 1/10, free 1
// Steady: transfers 24/98304, malloc 1/11, free 1
// Violation: malloc 1/11 first 16 in main
// Also: syscallBrk
#include "direct.h"
#include <libaio.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    io_context_t context = 0;
    require(io_setup(8, &context) == 0, "io_setup");
    struct iocb iocbs[8], *submitted[8];
    struct io_event events[8];
    for (int i = 0; i < 8; i++) {
        submitted[i] = &iocbs[i];
        io_prep_pwrite(&iocbs[i], fd, block, BLOCK, i * BLOCK);
    }
    for (int round = 0; round < 5; round++) {
        require(io_submit(context, 8, submitted) == 8, "io_submit");
        if (round < 2) free(keep(malloc(10 + round)));
        require(io_getevents(context, 8, 8, events, NULL) == 8, "io_getevents");
    }
    close(fd);
    io_destroy(context);
}
