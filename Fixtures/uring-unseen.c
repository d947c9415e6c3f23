// Link: -luring
// Intent: requests of io_uring of which the kernel does not show whether they moved data of an O_DIRECT file: splices, since it does
// not show their second file; those that ask for no completion; those whose completion finds its queue full. None is a pass.
// Options: --allow pageFaultMinor,pageFaultMajor,syscallMmap
// Exit: 2
// Verdict: inconclusive
// Reason: made 14 requests of io_uring of which the kernel does not show
// Needs: root
// Kernel: pwrite64 2, io_uring 7
// Steady: transfers 21, syscallMmap 2
// Warmup: transfers 2
#include "direct.h"
#include <liburing.h>

static struct io_uring ring, narrow;

static struct io_uring_sqe *next(struct io_uring *of) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(of);
    require(sqe != NULL, "io_uring_get_sqe");
    return sqe;
}

static void expect(struct io_uring *of, int count) {
    for (int i = 0; i < count; i++) {
        struct io_uring_cqe *cqe;
        require(io_uring_wait_cqe(of, &cqe) == 0 && cqe->res == BLOCK, "a completion");
        io_uring_cqe_seen(of, cqe);
    }
}

// 3 from the file, which are not shown, and 3 to it, which are.
static void splice_through(const int ends[2], int file) {
    for (int i = 0; i < 3; i++) {
        io_uring_prep_splice(next(&ring), file, 0, ends[1], -1, BLOCK, 0);
        require(io_uring_submit(&ring) == 1, "io_uring_submit");
        expect(&ring, 1);
        io_uring_prep_splice(next(&ring), ends[0], -1, file, 0, BLOCK, 0);
        require(io_uring_submit(&ring) == 1, "io_uring_submit");
        expect(&ring, 1);
    }
}

// 4 on the file and 5 on a registered one, which may be any. Of those on another file nothing is unknown.
static void write_silently(int file, int plain) {
    const int of[] = {file, 0, plain}, times[] = {4, 5, 6};
    require(io_uring_register_files(&ring, &file, 1) == 0, "io_uring_register_files");
    for (int kind = 0; kind < 3; kind++) {
        for (int i = 0; i < times[kind]; i++) {
            struct io_uring_sqe *sqe = next(&ring);
            io_uring_prep_write(sqe, of[kind], block, BLOCK, 0);
            sqe->flags |= IOSQE_CQE_SKIP_SUCCESS | (kind == 1 ? IOSQE_FIXED_FILE : 0);
        }
        require(io_uring_submit(&ring) == times[kind], "io_uring_submit");
    }
    usleep(200000);  // so that they are done
}

// Of 6 completions the queue has room for 4.
static void overflow(int file) {
    struct io_uring_params params = {.flags = IORING_SETUP_CQSIZE, .cq_entries = 4};
    require(io_uring_queue_init_params(2, &narrow, &params) == 0, "io_uring_queue_init_params");
    for (int i = 0; i < 6; i += 2) {
        for (int k = 0; k < 2; k++) io_uring_prep_write(next(&narrow), file, block, BLOCK, 0);
        require(io_uring_submit_and_wait(&narrow, (unsigned)(i + 2 < 4 ? i + 2 : 4)) == 2, "io_uring_submit_and_wait");
    }
    usleep(200000);  // so that all are complete before there is room
    expect(&narrow, 6);
    io_uring_queue_exit(&narrow);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int file = open_direct(arguments[1]), plain = open(arguments[1], O_RDWR), ends[2];
    require(pipe(ends) == 0 && io_uring_queue_init(16, &ring, 0) == 0, "pipe, io_uring_queue_init");
    write_blocks(file, 2);
    splice_through(ends, file);
    write_silently(file, plain);
    overflow(file);
    close(file);
}
