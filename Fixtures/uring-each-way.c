// Link: -luring
// Intent: io_uring's requests by each way: plain, vectored, on registered files, with registered buffers, by a thread of the kernel
// that polls the queue, in a chain of which one fails, cancelled, at the file's end, by a worker of the kernel. Each that was
// submitted is one for the interposer; the kernel shows which moved data.
// Options: --allow pageFaultMinor,pageFaultMajor,syscallMmap
// Exit: 0
// Verdict: pass
// Needs: root
// Kernel: pwrite64 1, io_uring 106
// Warmup: transfers 2
// Steady: transfers 108, syscallMmap 2
#include "direct.h"
#include <errno.h>
#include <liburing.h>

enum { MOST = 64 };
static struct io_uring ring;
static struct iovec vector = {block, BLOCK};
static int file, plain;

static struct io_uring_sqe *next(void) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
    require(sqe != NULL, "io_uring_get_sqe");
    return sqe;
}

static void prepare_write(unsigned flags, int of) {
    struct io_uring_sqe *sqe = next();
    io_uring_prep_write(sqe, of, block, BLOCK, 0);
    sqe->flags |= flags;
}

static void submit(int count) {
    require(io_uring_submit(&ring) == count, "io_uring_submit");
}

// How many of the completions have the result.
static int reap(int count, int result) {
    int such = 0;
    for (int i = 0; i < count; i++) {
        struct io_uring_cqe *cqe;
        require(io_uring_wait_cqe(&ring, &cqe) == 0, "io_uring_wait_cqe");
        such += cqe->res == result;
        io_uring_cqe_seen(&ring, cqe);
    }
    return such;
}

static void expect(int count, int result) {
    submit(count);
    require(reap(count, result) == count, "the results");
}

// 2 + 3 + 4 + 5 + 6
static void move_plainly(void) {
    for (int i = 0; i < 2; i++) prepare_write(0, file);
    expect(2, BLOCK);
    for (int i = 0; i < 3; i++) io_uring_prep_read(next(), file, block, BLOCK, 0);
    expect(3, BLOCK);
    for (int i = 0; i < 4; i++) io_uring_prep_writev(next(), file, &vector, 1, 0);
    expect(4, BLOCK);
    for (int i = 0; i < 5; i++) io_uring_prep_readv(next(), file, &vector, 1, 0);
    expect(5, BLOCK);
    for (int i = 0; i < 6; i++) prepare_write(IOSQE_ASYNC, file);
    expect(6, BLOCK);
}

// 7 + 8 + 9: the second registered file is no O_DIRECT file.
static void move_by_registered(void) {
    int files[] = {plain, file};
    require(io_uring_register_files(&ring, files, 2) == 0, "io_uring_register_files");
    require(io_uring_register_buffers(&ring, &vector, 1) == 0, "io_uring_register_buffers");
    for (int i = 0; i < 7; i++) prepare_write(IOSQE_FIXED_FILE, 1);
    expect(7, BLOCK);
    for (int i = 0; i < 8; i++) io_uring_prep_write_fixed(next(), file, block, BLOCK, 0, 0);
    expect(8, BLOCK);
    for (int i = 0; i < 9; i++) {
        struct io_uring_sqe *sqe = next();
        io_uring_prep_read_fixed(sqe, 1, block, BLOCK, 0, 0);
        sqe->flags |= IOSQE_FIXED_FILE;
    }
    expect(9, BLOCK);
    for (int i = 0; i < 10; i++) prepare_write(IOSQE_FIXED_FILE, 0);
    expect(10, BLOCK);
    require(io_uring_unregister_files(&ring) == 0, "io_uring_unregister_files");
}

// 10: and three that are submitted, and move nothing. Of a chain the first moves, the second fails, the third is cancelled.
static void fail(void) {
    for (int i = 0; i < 10; i++) prepare_write(0, plain);
    expect(10, BLOCK);
    io_uring_prep_read(next(), file, block, BLOCK, 1L << 40);
    expect(1, 0);
    prepare_write(IOSQE_IO_LINK, file);
    io_uring_prep_write(next(), file, block + 1, 100, 0);
    io_uring_sqe_set_flags(&ring.sq.sqes[(ring.sq.sqe_tail - 1) & *ring.sq.kring_mask], IOSQE_IO_LINK);
    prepare_write(0, file);
    submit(3);
    require(reap(3, BLOCK) == 1, "one of the chain");
    for (int i = 0; i < 9; i++) prepare_write(0, file);
    expect(9, BLOCK);
}

// 52
static void move_by_polling(void) {
    struct io_uring_params params = {.flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 2000};
    require(io_uring_queue_init_params(MOST, &ring, &params) == 0, "SQPOLL");
    for (int i = 0; i < 52; i++) prepare_write(0, file);
    require(io_uring_submit(&ring) >= 0, "io_uring_submit");
    require(reap(52, BLOCK) == 52, "the results");
    io_uring_queue_exit(&ring);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    file = open_direct(arguments[1]);
    plain = open(arguments[1], O_RDWR);
    require(io_uring_queue_init(MOST, &ring, 0) == 0, "io_uring_queue_init");
    write_block(file, 0);
    move_plainly();
    move_by_registered();
    fail();
    io_uring_queue_exit(&ring);
    move_by_polling();
    close(file);
}
