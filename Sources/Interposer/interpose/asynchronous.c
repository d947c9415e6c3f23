// Asynchronous transfers: libaio's iocbs and liburing's SQEs. Each counts as a transfer when it is submitted, with the bytes
// that it asks for: its completion is not seen here.
#include <errno.h>
#include <linux/io_uring.h>
#include <sys/uio.h>

#include "../base/system.h"
#include "../events/rings.h"
#include "../events/transfers.h"
#include "../life/attach.h"
#include "../tables/next.h"
#include "../rules.h"

// The request of one iocb or SQE.
struct request {
    enum { NO_TRANSFER, TRANSFER, SYNC } kind;
    enum direction direction;
    struct direct_file *file;  // null: no transfer on an O_DIRECT file
    uint64_t bytes;
};

// The requests of a submission, in its order, in which the kernel takes them, too.
//
// TRAP: before the submitting call returns, a request may complete, another thread may reuse or unmap its memory, and its
// descriptor may name another file. So each request is read once, before the call, and the file that was found then is
// updated after the call. Fixtures: reuses-iocbs.c, replaces-descriptors.c
struct submission {
    struct transfer_call call;
    bool transfers, warmup;
    uint32_t count;
    struct request *requests;  // `count` of them, on the stack: nothing may be allocated on the heap
};

// The stack has room for at least FEW, so that it does not grow with each larger submission, and for at most MANY. Further
// requests are not followed, and count as lost.
enum { FEW = 32, MANY = 4096 };

static uint32_t room_for(uint64_t count) {
    if (count > MANY) files_note_lost();
    return count < FEW ? FEW : count > MANY ? MANY : (uint32_t)count;
}

static void add_request(struct submission *submission, struct request request) {
    if (request.file && request.kind == TRANSFER) {
        submission->warmup |= transfer_begins(request.file, request.direction);
        submission->transfers = true;
    }
    submission->requests[submission->count++] = request;
}

// The kernel has taken the first `taken` requests; the others are still the caller's to submit.
static void end_submission(struct submission *submission, uint64_t taken) {
    for (uint32_t i = 0; i < submission->count; i++) {
        struct request *request = &submission->requests[i];
        if (!request->file) continue;
        if (request->kind == SYNC && i < taken) transfers_count_sync();
        if (request->kind != TRANSFER) continue;
        if (i < taken) transfer_done(&submission->call, request->file, request->direction, request->bytes);
        else transfer_failed(request->file, request->direction);
    }
    transfers_end(&submission->call);
}

// Copies by a system call, which fails if the program's pointer is wrong: the kernel must report it (EFAULT), not SIGSEGV
// here.
static uint64_t bytes_of(const struct iovec *vector, uint64_t count) {
    uint64_t bytes = 0;
    struct iovec part;
    struct iovec into = {&part, sizeof(part)};
    for (uint64_t i = 0; i < count && i < UIO_MAXIOV; i++) {
        struct iovec from = {(void *)(uintptr_t)&vector[i], sizeof(part)};
        if (SYSTEM(SYS_process_vm_readv, SYSTEM(SYS_getpid), &into, 1, &from, 1, 0) != sizeof(part)) break;
        bytes += part.iov_len;
    }
    return bytes;
}

// MARK: libaio

// The kernel must refuse wrong pointers (EFAULT). Low addresses are not followed: nothing can be mapped there (mmap_min_addr).
static bool points_nowhere(const void *pointer) {
    return (uintptr_t)pointer < DIOAUDIT_PAGE;
}

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
    if (!is_attached()) return next.io_submit(context, count, iocbs);
    uint64_t legible = count < 0 || points_nowhere(iocbs) ? 0 : (uint64_t)count;
    struct request requests[room_for(legible)];
    struct submission submission = {.requests = requests};
    for (uint64_t i = 0; i < legible && i < MANY; i++)
        add_request(&submission, points_nowhere(iocbs[i]) ? (struct request){0} : request_of(iocbs[i]));
    transfers_begin(&submission.call, submission.transfers, submission.warmup);
    int result = next.io_submit(context, count, iocbs);
    int saved = errno;
    end_submission(&submission, result < 0 ? 0 : (uint64_t)result);
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
        case IORING_OP_OPENAT: case IORING_OP_OPENAT2:
            // The file that it opens may be O_DIRECT and have no descriptor.
            if (sqe->file_index != 0) files_note_lost();
            return request;
        default: return request;
    }
    bool registered = sqe->flags & IOSQE_FIXED_FILE;
    request.file = registered ? rings_file(ring->ring_fd, (uint32_t)sqe->fd) : files_find(sqe->fd);
    return request;
}

// The SQEs that a submission passes to the kernel. Without a kernel thread (SQPOLL) they include those that an earlier
// submission left over, which stay in place until the program reuses them.
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

static void begin_batch(struct batch batch, struct submission *submission) {
    for (unsigned i = 0; i < batch.count && i < MANY; i++) add_request(submission, request_at(batch, i));
    transfers_begin(&submission->call, submission->transfers, submission->warmup);
}

// SQEs that the kernel did not take (an error, or too few) belong to a later submission.
static void end_batch(struct batch batch, struct submission *submission) {
    bool polled = batch.ring->flags & IORING_SETUP_SQPOLL;
    end_submission(submission, polled ? batch.count : *batch.ring->sq.khead - batch.first);
}

#define SUBMISSION(ring, expression)                             \
    do {                                                         \
        if (!is_attached()) return expression;            \
        struct batch batch = batch_of(ring);                     \
        struct request requests[room_for(batch.count)];          \
        struct submission submission = {.requests = requests};   \
        begin_batch(batch, &submission);                         \
        int result = expression;                                 \
        int saved = errno;                                       \
        end_batch(batch, &submission);                           \
        errno = saved;                                           \
        return result;                                           \
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
    if (result >= 0 && is_attached()) rings_register(ring->ring_fd, files, count);
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
