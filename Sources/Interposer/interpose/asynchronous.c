// Asynchronous transfers: libaio's iocbs and liburing's SQEs. Each counts as a transfer when it is submitted, with the bytes
// that it asks for: its completion is not seen here.
#include "asynchronous.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/uio.h>

#include "../base/system.h"
#include "../events/counting.h"
#include "../events/rings.h"
#include "../events/transfers.h"
#include "../life/attach.h"
#include "../phases/memory.h"
#include "../state/context.h"
#include "../tables/next.h"
#include "../rules.h"

// The request of one iocb or SQE.
struct request {
    enum { NOTHING, TRANSFER, SYNC, CLOSE, CLOSE_REGISTERED } kind;
    uint32_t closes;                        // the descriptor, or the index of the registered file
    struct direct_file *files[DIRECTIONS];  // null: no transfer on an O_DIRECT file; a sync's file is either
    uint64_t bytes;
};

// The requests of a submission, in its order, in which the kernel takes them, too.
//
// TRAP: before the submitting call returns, a request may complete, another thread may reuse or unmap its memory, and its
// descriptor may name another file. So each request is read once, before the call, and the file that was found then is
// updated after the call. Fixtures: reuses-iocbs.c, replaces-descriptors.c
struct submission {
    struct transfer_call call;
    struct transfer_plan plan;
    int ring;                  // its descriptor
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
    for (enum direction direction = 0; request.kind == TRANSFER && direction < DIRECTIONS; direction++) {
        if (!request.files[direction]) continue;
        submission->plan.warmup |= transfer_begins(request.files[direction], direction);
        submission->plan.transfers = true;
        submission->plan.asked[direction] += request.bytes;
    }
    submission->requests[submission->count++] = request;
}

static void end_transfer(struct submission *submission, const struct request *request, bool taken) {
    for (enum direction direction = 0; direction < DIRECTIONS; direction++) {
        struct direct_file *file = request->files[direction];
        if (file && taken) transfer_done(&submission->call, file, direction, request->bytes);
        else if (file) transfer_failed(file, direction);
    }
}

// The kernel has taken the first `taken` requests; the others are still the caller's to submit.
static void end_submission(struct submission *submission, uint64_t taken) {
    for (uint32_t i = 0; i < submission->count; i++) {
        const struct request *request = &submission->requests[i];
        if (request->kind == TRANSFER) end_transfer(submission, request, i < taken);
        else if (request->kind == SYNC && i < taken && request->files[DIRECTION_WRITE]) transfers_count_sync();
    }
    transfers_end(&submission->call);
    for (uint32_t i = 0; i < submission->count && i < taken; i++) {
        const struct request *request = &submission->requests[i];
        if (request->kind == CLOSE) files_closing((int)request->closes);
        if (request->kind == CLOSE_REGISTERED) rings_put(submission->ring, request->closes, -1);
    }
}

// Copies by a system call, which fails if the program's pointer is wrong: the kernel must report it (EFAULT), not SIGSEGV
// here.
static bool copy(void *to, const void *program_memory, size_t size) {
    struct iovec into = {to, size}, from = {(void *)(uintptr_t)program_memory, size};
    return SYSTEM(SYS_process_vm_readv, SYSTEM(SYS_getpid), &into, 1, &from, 1, 0) == (long)size;
}

static uint64_t bytes_of(const struct iovec *vector, uint64_t count) {
    uint64_t bytes = 0;
    struct iovec part;
    for (uint64_t i = 0; i < count && i < UIO_MAXIOV && copy(&part, &vector[i], sizeof(part)); i++) bytes += part.iov_len;
    return bytes;
}

// MARK: libaio

// The kernel must refuse wrong pointers (EFAULT). Low addresses are not followed: nothing can be mapped there (mmap_min_addr).
static bool points_nowhere(const void *pointer) {
    return (uintptr_t)pointer < DIOAUDIT_PAGE;
}

static struct request request_of(const struct iocb *iocb) {
    struct request request = {0};
    enum direction direction = DIRECTION_READ;
    switch (iocb->aio_lio_opcode) {
        case IO_CMD_PWRITE: direction = DIRECTION_WRITE;  // fall through
        case IO_CMD_PREAD:
            request.kind = TRANSFER;
            request.bytes = iocb->u.c.nbytes;
            break;
        case IO_CMD_PWRITEV: direction = DIRECTION_WRITE;  // fall through
        case IO_CMD_PREADV:
            request.kind = TRANSFER;
            request.bytes = bytes_of(iocb->u.c.buf, iocb->u.c.nbytes);
            break;
        case IO_CMD_FSYNC: case IO_CMD_FDSYNC:
            request.kind = SYNC;
            direction = DIRECTION_WRITE;
            break;
        default: return request;
    }
    request.files[direction] = files_find(iocb->aio_fildes);
    return request;
}

// One function of the library may call the other.
static int made_ring(enum dioaudit_ring kind, uint32_t before, int result) {
    if (result >= 0 && process.phase) process.record->rings_made[kind] = before + 1;
    return result;
}

static uint32_t rings_made(enum dioaudit_ring kind) {
    return is_attached() ? process.record->rings_made[kind] : 0;
}

INTERPOSED int io_setup(int events, io_context_t *context) {
    uint32_t before = rings_made(DIOAUDIT_RING_AIO);
    return made_ring(DIOAUDIT_RING_AIO, before, next.io_setup(events, context));
}

INTERPOSED int io_submit(io_context_t context, long count, struct iocb **iocbs) {
    if (!is_attached()) return next.io_submit(context, count, iocbs);
    uint64_t legible = count < 0 || points_nowhere(iocbs) ? 0 : (uint64_t)count;
    struct request requests[room_for(legible)];
    struct submission submission = {.requests = requests, .plan.is_asynchronous = true};
    for (uint64_t i = 0; i < legible && i < MANY; i++)
        add_request(&submission, points_nowhere(iocbs[i]) ? (struct request){0} : request_of(iocbs[i]));
    transfers_begin(&submission.call, submission.plan);
    int result = next.io_submit(context, count, iocbs);
    int saved = errno;
    end_submission(&submission, result < 0 ? 0 : (uint64_t)result);
    errno = saved;
    return result;
}

// MARK: liburing

static struct direct_file *file_of(const struct io_uring *ring, int fd, bool is_registered) {
    return is_registered ? rings_file(ring->ring_fd, (uint32_t)fd) : files_find(fd);
}

// A request makes a file that has no descriptor, only a registered place: which, and whether it is direct, is known later or never.
static void opens_registered(const struct io_uring *ring, uint32_t place_plus_one, bool may_be_direct) {
    if (place_plus_one == 0) return;  // it gets a descriptor, whose first use finds it out
    if (place_plus_one == IORING_FILE_INDEX_ALLOC) {
        if (may_be_direct) rings_doubt_others();
    } else if (may_be_direct) {
        rings_put_unknown(ring->ring_fd, place_plus_one - 1);
    } else {
        rings_put(ring->ring_fd, place_plus_one - 1, -1);
    }
}

static void updates_registered(const struct io_uring *ring, const struct io_uring_sqe *sqe) {
    if (sqe->off == IORING_FILE_INDEX_ALLOC) rings_doubt_others();
    const int *files = (const int *)(uintptr_t)sqe->addr;
    int fd;
    for (uint32_t i = 0; i < sqe->len && copy(&fd, &files[i], sizeof(fd)); i++)
        rings_put(ring->ring_fd, (uint32_t)sqe->off + i, fd);
}

// The kernel has a thread of its own do it (io_madvise_prep, REQ_F_FORCE_ASYNC). Fixture: advises-by-uring.c
static void advises_later(int advice) {
    if (advice == MADV_COLLAPSE) count_more(DIOAUDIT_COLLAPSE);
    if (!memory_is_only_marked(advice)) memory_lost_sight();
}

// Requests of newer kernels may transfer.
static void note_unknown_request(struct direct_file *file) {
    if (file) files_note_lost();
}

static struct request request_of_sqe(const struct io_uring *ring, const struct io_uring_sqe *sqe) {
    struct request request = {0};
    enum direction direction = DIRECTION_READ;
    bool is_registered = sqe->flags & IOSQE_FIXED_FILE;
    switch (sqe->opcode) {
        case IORING_OP_WRITE: case IORING_OP_WRITE_FIXED: direction = DIRECTION_WRITE;  // fall through
        case IORING_OP_READ: case IORING_OP_READ_FIXED:
            request.kind = TRANSFER;
            request.bytes = sqe->len;
            break;
        case IORING_OP_WRITEV: direction = DIRECTION_WRITE;  // fall through
        case IORING_OP_READV:
            request.kind = TRANSFER;
            request.bytes = bytes_of((const struct iovec *)(uintptr_t)sqe->addr, sqe->len);
            break;
        case IORING_OP_SPLICE:
            request.kind = TRANSFER;
            request.bytes = sqe->len;
            request.files[DIRECTION_READ] = file_of(ring, sqe->splice_fd_in, sqe->splice_flags & SPLICE_F_FD_IN_FIXED);
            direction = DIRECTION_WRITE;
            break;
        case IORING_OP_FSYNC: case IORING_OP_SYNC_FILE_RANGE:
            request.kind = SYNC;
            direction = DIRECTION_WRITE;
            break;
        case IORING_OP_CLOSE:
            request.kind = sqe->file_index ? CLOSE_REGISTERED : CLOSE;
            request.closes = sqe->file_index ? sqe->file_index - 1 : (uint32_t)sqe->fd;
            return request;
        case IORING_OP_OPENAT: opens_registered(ring, sqe->file_index, sqe->open_flags & O_DIRECT); return request;
        case IORING_OP_OPENAT2: opens_registered(ring, sqe->file_index, true); return request;
        case IORING_OP_ACCEPT: case IORING_OP_SOCKET: opens_registered(ring, sqe->file_index, false); return request;
        case IORING_OP_FILES_UPDATE: updates_registered(ring, sqe); return request;
        case IORING_OP_MADVISE: advises_later((int)sqe->fadvise_advice); return request;
        case IORING_OP_MSG_RING:
            if (sqe->addr == IORING_MSG_SEND_FD) rings_doubt_others();
            return request;
        default:
            if (sqe->opcode > IORING_OP_SENDMSG_ZC) note_unknown_request(file_of(ring, sqe->fd, is_registered));
            return request;
    }
    request.files[direction] = file_of(ring, sqe->fd, is_registered);
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
    transfers_begin(&submission->call, submission->plan);
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
        struct submission submission = {.requests = requests, .ring = ring->ring_fd, .plan.is_asynchronous = true}; \
        begin_batch(batch, &submission);                         \
        int result = expression;                                 \
        int saved = errno;                                       \
        end_batch(batch, &submission);                           \
        errno = saved;                                           \
        return result;                                           \
    } while (0)

INTERPOSED int io_uring_queue_init(unsigned entries, struct io_uring *ring, unsigned flags) {
    uint32_t before = rings_made(DIOAUDIT_RING_URING);
    return made_ring(DIOAUDIT_RING_URING, before, next.io_uring_queue_init(entries, ring, flags));
}

INTERPOSED int io_uring_queue_init_params(unsigned entries, struct io_uring *ring, struct io_uring_params *parameters) {
    uint32_t before = rings_made(DIOAUDIT_RING_URING);
    return made_ring(DIOAUDIT_RING_URING, before, next.io_uring_queue_init_params(entries, ring, parameters));
}

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

// MARK: registered files

static void register_files(int ring, const int *files, unsigned count) {
    rings_register(ring, count);
    for (unsigned i = 0; i < count; i++) rings_put(ring, i, files[i]);
}

static void update_files(int ring, unsigned first, const int *files, unsigned count) {
    for (unsigned i = 0; i < count; i++) rings_put(ring, first + i, files[i]);
}

INTERPOSED int io_uring_register_files(struct io_uring *ring, const int *files, unsigned count) {
    int result = next.io_uring_register_files(ring, files, count);
    if (result >= 0 && is_attached()) register_files(ring->ring_fd, files, count);
    return result;
}

INTERPOSED int io_uring_register_files_tags(struct io_uring *ring, const int *files, const __u64 *tags, unsigned count) {
    int result = next.io_uring_register_files_tags(ring, files, tags, count);
    if (result >= 0 && is_attached()) register_files(ring->ring_fd, files, count);
    return result;
}

INTERPOSED int io_uring_register_files_sparse(struct io_uring *ring, unsigned count) {
    int result = next.io_uring_register_files_sparse(ring, count);
    if (result >= 0 && is_attached()) rings_register(ring->ring_fd, count);
    return result;
}

INTERPOSED int io_uring_register_files_update(struct io_uring *ring, unsigned first, const int *files, unsigned count) {
    int result = next.io_uring_register_files_update(ring, first, files, count);
    if (result > 0 && is_attached()) update_files(ring->ring_fd, first, files, (unsigned)result);
    return result;
}

INTERPOSED int io_uring_register_files_update_tag(struct io_uring *ring, unsigned first, const int *files, const __u64 *tags,
                                                  unsigned count) {
    int result = next.io_uring_register_files_update_tag(ring, first, files, tags, count);
    if (result > 0 && is_attached()) update_files(ring->ring_fd, first, files, (unsigned)result);
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

// MARK: io_uring's system calls

// The kernel has taken what `argument` points to, so it can be read. `result`: how many files it updated.
void asynchronous_registered(int ring, unsigned operation, const void *argument, unsigned count, int result) {
    if (result < 0 || !is_attached()) return;
    const struct io_uring_files_update *update = argument;
    const struct io_uring_rsrc_update2 *update2 = argument;
    const struct io_uring_rsrc_register *all = argument;
    switch (operation) {
        case IORING_REGISTER_FILES: register_files(ring, argument, count); break;
        case IORING_UNREGISTER_FILES: rings_unregister(ring); break;
        case IORING_REGISTER_FILES_UPDATE:
            update_files(ring, update->offset, (const int *)(uintptr_t)update->fds, (unsigned)result);
            break;
        case IORING_REGISTER_FILES2:
            rings_register(ring, all->nr);
            if (!(all->flags & IORING_RSRC_REGISTER_SPARSE)) update_files(ring, 0, (const int *)(uintptr_t)all->data, all->nr);
            break;
        case IORING_REGISTER_FILES_UPDATE2:
            update_files(ring, update2->offset, (const int *)(uintptr_t)update2->data, (unsigned)result);
            break;
        default:
            if (operation >> 31) rings_doubt_others();  // the ring is named by another number (IORING_REGISTER_USE_REGISTERED_RING)
    }
}

INTERPOSED int io_uring_register(unsigned fd, unsigned operation, const void *argument, unsigned count) {
    int result = next.io_uring_register(fd, operation, argument, count);
    asynchronous_registered((int)fd, operation, argument, count, result);
    return result;
}

// Of a ring that is filled by hand it is not known what it submits.
bool asynchronous_submits_unseen(unsigned submits, unsigned flags) {
    return context.ordinal == 0 && (submits > 0 || (flags & IORING_ENTER_SQ_WAKEUP));
}

static void note_enter(unsigned submits, unsigned flags) {
    if (is_attached() && asynchronous_submits_unseen(submits, flags)) add_shared(&process.record->direct_calls, 1);
}

INTERPOSED int io_uring_enter(unsigned fd, unsigned submits, unsigned waits, unsigned flags, sigset_t *mask) {
    note_enter(submits, flags);
    return next.io_uring_enter(fd, submits, waits, flags, mask);
}

INTERPOSED int io_uring_enter2(unsigned fd, unsigned submits, unsigned waits, unsigned flags, sigset_t *mask, size_t size) {
    note_enter(submits, flags);
    return next.io_uring_enter2(fd, submits, waits, flags, mask, size);
}
