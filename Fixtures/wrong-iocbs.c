// Link: -laio
// Intent: submits iocbs that are not there, for which the kernel stops or refuses: what it took is counted, and the program
// gets the kernel's answer.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Kernel: io_submit 2
// Setup: transfers 0
// Warmup: transfers 1/4096
// Steady: transfers 1/4096
#include "direct.h"
#include <errno.h>
#include <libaio.h>
#include <stdint.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    io_context_t context = 0;
    require(io_setup(8, &context) == 0, "io_setup");
    struct iocb iocb, *absent[] = {NULL, (struct iocb *)(uintptr_t)8, NULL}, *some[] = {&iocb, NULL, &iocb};
    struct io_event events[2];
    require(io_submit(context, 3, absent) == -EFAULT, "none of them is there");
    require(io_submit(context, 1, (struct iocb **)(uintptr_t)16) == -EFAULT, "the array is not there");
    require(io_submit(context, -1, some) == -EINVAL, "less than none");
    for (int i = 0; i < 2; i++) {
        io_prep_pwrite(&iocb, fd, block, BLOCK, 0);
        require(io_submit(context, 3, some) == 1, "the first is there");
        require(io_getevents(context, 1, 1, events, NULL) == 1 && events[0].res == BLOCK, "io_getevents");
    }
    close(fd);
    io_destroy(context);
}
