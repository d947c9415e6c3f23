// Link: -laio
// Intent: the kernel takes submissions of iocbs on mixed files up to the first that is bad: what it took of O_DIRECT files is
// counted, and nothing else.
// Needs: root, since an ordinary user's only second witness takes its buffered writes for transfers
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Kernel: pwrite64 1, io_submit 104
// Warmup: transfers 1/4096
// Steady: transfers 104/425984
#include "direct.h"
#include <errno.h>
#include <libaio.h>
#include <stdio.h>

enum { MOST = 200 };
static struct iocb iocbs[MOST], *submitted[MOST];
static struct io_event events[MOST];
static io_context_t context;

// Of the iocbs each that is odd is of the plain file. The last is bad.
static void prepare(int count, int fd, int plain) {
    for (int i = 0; i < count; i++) {
        submitted[i] = &iocbs[i];
        io_prep_pwrite(&iocbs[i], i % 2 ? plain : fd, block, BLOCK, i * BLOCK);
    }
    iocbs[count - 1].aio_lio_opcode = 99;
}

static void submit(int count, int taken) {
    require(io_submit(context, count, submitted) == taken, "io_submit");
    int reaped = taken > 0 ? taken : 0;
    require(io_getevents(context, reaped, MOST, events, NULL) == reaped, "io_getevents");
    for (int i = 0; i < reaped; i++) require(events[i].res == BLOCK, "an iocb");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char path[4096];
    require(snprintf(path, sizeof(path), "%s-plain", arguments[1]) < (int)sizeof(path), "a path too long");
    int fd = open_direct(arguments[1]), plain = open(path, O_RDWR | O_CREAT, 0600);
    require(plain >= 0 && ftruncate(fd, MOST * BLOCK) == 0, "ftruncate");
    require(io_setup(MOST, &context) == 0, "io_setup");
    write_block(fd, 0);
    for (int bad = 1; bad <= 5; bad++) {  // 0 + 1 + 1 + 2 + 2
        prepare(bad, fd, plain);
        submit(bad, bad > 1 ? bad - 1 : -EINVAL);
    }
    prepare(130, fd, plain);  // 65 of the first 129 are of the O_DIRECT file
    io_prep_pwrite(&iocbs[129], plain, block, BLOCK, 0);
    submit(130, 130);
    prepare(65, fd, plain);  // 32 of 64
    submit(65, 64);
    prepare(3, fd, plain);
    iocbs[1].aio_fildes = 9999;  // the first of the three
    submit(3, 1);
    for (int i = 0; i < 8; i++) io_prep_fsync(&iocbs[i], fd);
    iocbs[7].aio_lio_opcode = 6;  // IOCB_CMD_NOOP, which the kernel does not have
    require(io_submit(context, 8, submitted) == 7, "io_submit of fsync");
    require(io_getevents(context, 7, MOST, events, NULL) == 7, "io_getevents");
    close(fd);
    io_destroy(context);
}
