// Transfers that are submitted: libaio's iocbs and liburing's SQEs. Each one is a transfer when it is submitted; its
// bytes are those asked for, since its completion passes by here unseen.
#include <errno.h>
#include <linux/io_uring.h>

#include "../core/context.h"
#include "../core/next.h"
#include "../core/rings.h"
#include "../core/transfers.h"
#include "../rules.h"

// What one iocb or SQE asks for.
struct request {
    enum { NO_TRANSFER, TRANSFER, SYNC } kind;
    enum direction direction;
    struct direct_file *file;  // null: none of ours
    uint64_t bytes;
};

static bool begin_request(const struct request *request) {
    return request->file && request->kind == TRANSFER && transfer_begins(request->file, request->direction);
}

static void end_request(struct transfer_call *call, const struct request *request, bool submitted) {
    if (!request->file) return;
    if (request->kind == SYNC && submitted) transfers_count_sync();
    if (request->kind != TRANSFER) return;
    if (submitted) transfer_done(call, request->file, request->direction, request->bytes);
    else transfer_failed(request->file, request->direction);
}

static uint64_t bytes_of(const struct iovec *vector, uint64_t count) {
    uint64_t bytes = 0;
    for (uint64_t i = 0; i < count; i++) bytes += vector[i].iov_len;
    return bytes;
}

// MARK: libaio

static struct request request_of(const struct iocb *iocb) {
    struct request request = {NO_TRANSFER, DIRECTION_READ, NULL, 0};
    switch (iocb->aio_lio_opcode) {
        case IO_CMD_PWRITE: request.direction = DIRECTION_WRITE;  // fall through
        case IO_CMD_PREAD:
            request.kind = TRANSFER;
            request.bytes = iocb->u.c.nbytes;
            break;
        case IO_CMD_PWRITEV: request.direction = DIRECTION_WRITE;  // fall through
        case IO_CMD_PREADV:
            request.kind = TRANSFER;
            request.bytes = bytes_of(iocb->u.c.buf, iocb->u.c.nbytes);
            break;
        case IO_CMD_FSYNC: case IO_CMD_FDSYNC: request.kind = SYNC; break;
        default: return request;
    }
    request.file = files_find(iocb->aio_fildes);
    return request;
}

INTERPOSED int io_submit(io_context_t context, long count, struct iocb **iocbs) {
    if (!transfers_attached()) return next.io_submit(context, count, iocbs);
    bool warmup = false;
    for (long i = 0; i < count; i++) {
        struct request request = request_of(iocbs[i]);
        warmup |= begin_request(&request);
    }
    struct transfer_call call;
    transfers_begin(&call, warmup);
    int result = next.io_submit(context, count, iocbs);
    int saved = errno;
    for (long i = 0; i < count; i++) {
        struct request request = request_of(iocbs[i]);
        end_request(&call, &request, i < result);
    }
    transfers_end(&call);
    errno = saved;
    return result;
}

// MARK: liburing

static struct request request_of_sqe(const struct io_uring *ring, const struct io_uring_sqe *sqe) {
    struct request request = {NO_TRANSFER, DIRECTION_READ, NULL, 0};
    switch (sqe->opcode) {
        case IORING_OP_WRITE: case IORING_OP_WRITE_FIXED: request.direction = DIRECTION_WRITE;  // fall through
        case IORING_OP_READ: case IORING_OP_READ_FIXED:
            request.kind = TRANSFER;
            request.bytes = sqe->len;
            break;
        case IORING_OP_WRITEV: request.direction = DIRECTION_WRITE;  // fall through
        case IORING_OP_READV:
            request.kind = TRANSFER;
            request.bytes = bytes_of((const struct iovec *)(uintptr_t)sqe->addr, sqe->len);
            break;
        case IORING_OP_FSYNC: case IORING_OP_SYNC_FILE_RANGE: request.kind = SYNC; break;
        default: return request;
    }
    bool registered = sqe->flags & IOSQE_FIXED_FILE;
    request.file = registered ? rings_file(ring->ring_fd, (uint32_t)sqe->fd) : files_find(sqe->fd);
    return request;
}

// The SQEs that a submission passes to the kernel. Without a kernel thread (SQPOLL) those that an earlier submission
// left over are among them; they stay where they are until the program asks for their place again.
struct batch {
    const struct io_uring *ring;
    unsigned first, count;
};

static struct batch batch_of(const struct io_uring *ring) {
    const struct io_uring_sq *sq = &ring->sq;
    unsigned first = ring->flags & IORING_SETUP_SQPOLL ? sq->sqe_head : *sq->khead;
    return (struct batch){ring, first, sq->sqe_tail - first};
}

static struct request request_at(struct batch batch, unsigned i) {
    unsigned index = (batch.first + i) & *batch.ring->sq.kring_mask;
    if (batch.ring->flags & IORING_SETUP_SQE128) index <<= 1;
    return request_of_sqe(batch.ring, &batch.ring->sq.sqes[index]);
}

static void begin_batch(struct batch batch, struct transfer_call *call) {
    bool warmup = false;
    for (unsigned i = 0; i < batch.count; i++) {
        struct request request = request_at(batch, i);
        warmup |= begin_request(&request);
    }
    transfers_begin(call, warmup);
}

// Those that the kernel did not take yet (an error, or too few) belong to a later submission.
static void end_batch(struct batch batch, struct transfer_call *call) {
    bool polled = batch.ring->flags & IORING_SETUP_SQPOLL;
    unsigned taken = polled ? batch.count : *batch.ring->sq.khead - batch.first;
    for (unsigned i = 0; i < batch.count; i++) {
        struct request request = request_at(batch, i);
        end_request(call, &request, i < taken);
    }
    transfers_end(call);
}

#define SUBMISSION(ring, expression)                 \
    do {                                             \
        if (!transfers_attached()) return expression; \
        struct transfer_call call;                   \
        struct batch batch = batch_of(ring);         \
        begin_batch(batch, &call);                   \
        int result = expression;                     \
        int saved = errno;                           \
        end_batch(batch, &call);                     \
        errno = saved;                               \
        return result;                               \
    } while (0)

INTERPOSED int io_uring_submit(struct io_uring *ring) {
    SUBMISSION(ring, next.io_uring_submit(ring));
}

INTERPOSED int io_uring_submit_and_wait(struct io_uring *ring, unsigned wait) {
    SUBMISSION(ring, next.io_uring_submit_and_wait(ring, wait));
}

INTERPOSED int io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **cqe, unsigned wait,
                                                struct __kernel_timespec *timeout, sigset_t *mask) {
    SUBMISSION(ring, next.io_uring_submit_and_wait_timeout(ring, cqe, wait, timeout, mask));
}

INTERPOSED int io_uring_submit_and_get_events(struct io_uring *ring) {
    SUBMISSION(ring, next.io_uring_submit_and_get_events(ring));
}

INTERPOSED int io_uring_register_files(struct io_uring *ring, const int *files, unsigned count) {
    int result = next.io_uring_register_files(ring, files, count);
    if (result >= 0 && transfers_attached()) rings_register(ring->ring_fd, files, count);
    return result;
}

INTERPOSED int io_uring_unregister_files(struct io_uring *ring) {
    int result = next.io_uring_unregister_files(ring);
    if (result >= 0) rings_unregister(ring->ring_fd);
    return result;
}

INTERPOSED void io_uring_queue_exit(struct io_uring *ring) {
    rings_unregister(ring->ring_fd);
    next.io_uring_queue_exit(ring);
}
