// Link: -luring
// Intent: requests of the warm-up are done by the kernel's threads, which read after the steady phase has begun: what is accounted then
// is what the warm-up lacks.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Warmup: transfers 201/823296
// Steady: transfers 99/405504
#include "direct.h"
#include <liburing.h>

enum { DEPTH = 200 };
static char blocks[DEPTH][BLOCK] __attribute__((aligned(4096)));

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    struct io_uring ring;
    require(io_uring_queue_init(256, &ring, 0) == 0, "io_uring_queue_init");
    unsigned one[2] = {1, 1};
    require(io_uring_register_iowq_max_workers(&ring, one) == 0, "one thread");
    int fd = open_direct(arguments[1]);
    require(fallocate(fd, 0, 0, DEPTH * BLOCK) == 0, "fallocate");
    memset(blocks, 1, sizeof(blocks));
    for (int i = 0; i < DEPTH; i++) {
        struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
        io_uring_prep_write(sqe, fd, blocks[i], BLOCK, (__u64)i * BLOCK);
        sqe->flags |= IOSQE_ASYNC;
    }
    require(io_uring_submit(&ring) == DEPTH, "submit");
    for (int i = 0; i < 100; i++) read_block(fd, i);  // 1 and 99
    for (int i = 0; i < DEPTH; i++) {
        struct io_uring_cqe *cqe = NULL;
        require(io_uring_wait_cqe(&ring, &cqe) == 0 && cqe->res == BLOCK, "a CQE");
        io_uring_cqe_seen(&ring, cqe);
    }
    close(fd);
    _exit(0);
}
