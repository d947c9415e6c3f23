// Intent: POSIX aio: libc's threads transfer by names that are not interposed. The kernel sees each, and which threads they are. The
// first aio_write allocates for all.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Needs: root
// Kernel: pwrite64 28, pread64 15
// Warmup: transfers 1
// Steady: transfers 42, malloc 0, calloc 0
#include "direct.h"
#include <aio.h>
#include <errno.h>

static struct aiocb control;

static void wait_for(ssize_t result) {
    const struct aiocb *all[] = {&control};
    while (aio_error(&control) == EINPROGRESS) aio_suspend(all, 1, NULL);
    require(aio_return(&control) == result, "a request");
}

static void prepare(int fd, long index) {
    control = (struct aiocb){.aio_fildes = fd, .aio_buf = block, .aio_nbytes = BLOCK, .aio_offset = index * BLOCK};
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 11; i++) {
        prepare(fd, i);
        require(aio_write(&control) == 0, "aio_write");
        wait_for(BLOCK);
    }
    write_blocks(fd, 10);
    for (int i = 0; i < 15; i++) {
        prepare(fd, i % 10);
        require(aio_read(&control) == 0, "aio_read");
        wait_for(BLOCK);
    }
    prepare(fd, 1000);  // after the file's end
    require(aio_read(&control) == 0, "aio_read");
    wait_for(0);
    for (int i = 0; i < 7; i++) {
        struct aiocb *all[] = {&control};
        prepare(fd, i);
        control.aio_lio_opcode = LIO_WRITE;
        require(lio_listio(LIO_WAIT, all, 1, NULL) == 0, "lio_listio");
        wait_for(BLOCK);
    }
    close(fd);
}
