// Link: -luring
// Intent: io_uring opens a file and closes files. Closing the last one ends the steady phase, even if a kernel thread does it after the
// submission.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Warmup: transfers 2
// Steady: transfers 18
// Teardown: malloc 2/176, free 2
#include "direct.h"
#include <liburing.h>

static struct io_uring ring;

static int run(void) {
    struct io_uring_cqe *cqe;
    require(io_uring_submit(&ring) == 1, "submit");
    require(io_uring_wait_cqe(&ring, &cqe) == 0, "a CQE");
    int result = cqe->res;
    io_uring_cqe_seen(&ring, cqe);
    return result;
}

static void close_by_uring(int fd, unsigned flags) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
    io_uring_prep_close(sqe, fd);
    sqe->flags |= flags;
    require(run() == 0, "IORING_OP_CLOSE");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    require(io_uring_queue_init(8, &ring, 0) == 0, "io_uring_queue_init");
    int first = open_direct(arguments[1]);
    write_blocks(first, 10);
    int number = open("/dev/null", O_RDONLY);
    close_by_uring(number, 0);
    io_uring_prep_openat(io_uring_get_sqe(&ring), AT_FDCWD, arguments[1], O_RDONLY | O_DIRECT, 0);
    int second = run();
    require(second == number, "the number is used again");
    for (int i = 0; i < 10; i++) read_block(second, i);
    close_by_uring(first, 0);
    close_by_uring(second, IOSQE_ASYNC);
    free(keep(malloc(77)));
    free(keep(malloc(99)));
    _exit(0);
}
