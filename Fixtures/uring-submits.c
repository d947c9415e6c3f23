// Link: -luring
// Intent: SQEs are transfers when they are submitted, by each of liburing's functions, on plain and registered files. A
// registered file is open until it is unregistered or the ring is gone.
// A second ring is mapped by liburing itself, which only the kernel sees: 864 bytes by version 2.3, 832 by 2.9.
// Options: --allow pageFaultMinor,pageFaultMajor,syscallMmap
// Exit: 0
// Verdict: pass
// Kernel: io_uring 32
// Warmup: transfers 4/16384
// Steady: transfers 28/114688, syncs 1, syscallMmap 2/832|864
// Teardown: malloc 1/13, free 1, munmap >=0
#include "direct.h"
#include <liburing.h>

enum { DEPTH = 4 };
static struct io_uring ring;
static struct iovec vector = {block, BLOCK};

static void prepare(int fd, unsigned flags, int vectored) {
    for (int i = 0; i < DEPTH; i++) {
        struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
        if (vectored) io_uring_prep_writev(sqe, fd, &vector, 1, 0);
        else io_uring_prep_write(sqe, fd, block, BLOCK, (__u64)i * BLOCK);
        sqe->flags |= flags;
    }
}

static void reap(int count) {
    for (int i = 0; i < count; i++) {
        struct io_uring_cqe *cqe;
        require(io_uring_wait_cqe(&ring, &cqe) == 0 && cqe->res >= 0, "a CQE");
        io_uring_cqe_seen(&ring, cqe);
    }
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    require(io_uring_queue_init(8, &ring, 0) == 0, "io_uring_queue_init");
    prepare(fd, 0, 0);
    require(io_uring_submit(&ring) == DEPTH, "submit");
    reap(DEPTH);
    prepare(fd, 0, 1);
    require(io_uring_submit_and_wait(&ring, 1) == DEPTH, "submit_and_wait");
    reap(DEPTH);
    prepare(fd, 0, 0);
    struct io_uring_cqe *cqe;
    struct __kernel_timespec minute = {60, 0};
    require(io_uring_submit_and_wait_timeout(&ring, &cqe, 1, &minute, NULL) == DEPTH, "submit_and_wait_timeout");
    reap(DEPTH);
    prepare(fd, 0, 0);
    require(io_uring_submit_and_get_events(&ring) == DEPTH, "submit_and_get_events");
    reap(DEPTH);
    require(io_uring_register_files(&ring, &fd, 1) == 0, "register_files");
    for (int round = 0; round < 3; round++) {
        prepare(0, IOSQE_FIXED_FILE, round == 1);
        require(io_uring_submit(&ring) == DEPTH, "submit to a registered file");
        reap(DEPTH);
    }
    require(io_uring_unregister_files(&ring) == 0, "unregister_files");
    prepare(fd, 0, 0);
    io_uring_prep_fsync(io_uring_get_sqe(&ring), fd, 0);
    require(io_uring_submit(&ring) == DEPTH + 1, "submit");
    reap(DEPTH + 1);
    int other = open_direct(arguments[1]);
    struct io_uring second;
    require(io_uring_queue_init(8, &second, 0) == 0, "io_uring_queue_init");
    require(io_uring_register_files(&second, &other, 1) == 0, "register_files");
    close(fd);
    close(other);
    io_uring_queue_exit(&second);
    free(keep(malloc(13)));
    io_uring_queue_exit(&ring);
}
