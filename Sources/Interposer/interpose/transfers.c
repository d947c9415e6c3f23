// Synchronous transfers, and what makes them durable.
#include <errno.h>
#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../events/files.h"
#include "../events/transfers.h"
#include "../life/attach.h"
#include "../tables/next.h"
#include "../rules.h"

struct one_transfer {
    struct transfer_call call;
    struct direct_file *file;  // null: no transfer
    enum direction direction;
};

static inline void begin(struct one_transfer *transfer, int fd, enum direction direction) {
    transfer->file = is_attached() ? files_find(fd) : NULL;
    if (likely(!transfer->file)) return;
    transfer->direction = direction;
    bool warmup = transfer_begins(transfer->file, direction);
    transfers_begin(&transfer->call, true, warmup);
}

// A call that moved no data (an error, the end of the file) is no transfer.
static inline void end(struct one_transfer *transfer, ssize_t result) {
    if (likely(!transfer->file)) return;
    int saved = errno;
    if (result > 0) transfer_done(&transfer->call, transfer->file, transfer->direction, (uint64_t)result);
    else transfer_failed(transfer->file, transfer->direction);
    transfers_end(&transfer->call);
    errno = saved;
}

#define TRANSFER(direction, fd, expression)      \
    do {                                         \
        struct one_transfer transfer;            \
        begin(&transfer, fd, direction);         \
        ssize_t result = (expression);           \
        end(&transfer, result);                  \
        return result;                           \
    } while (0)

INTERPOSED ssize_t read(int fd, void *data, size_t length) {
    TRANSFER(DIRECTION_READ, fd, next.read(fd, data, length));
}

INTERPOSED ssize_t write(int fd, const void *data, size_t length) {
    TRANSFER(DIRECTION_WRITE, fd, next.write(fd, data, length));
}

INTERPOSED ssize_t pread(int fd, void *data, size_t length, off_t at) {
    TRANSFER(DIRECTION_READ, fd, next.pread(fd, data, length, at));
}

INTERPOSED ssize_t pwrite(int fd, const void *data, size_t length, off_t at) {
    TRANSFER(DIRECTION_WRITE, fd, next.pwrite(fd, data, length, at));
}

INTERPOSED ssize_t readv(int fd, const struct iovec *vector, int count) {
    TRANSFER(DIRECTION_READ, fd, next.readv(fd, vector, count));
}

INTERPOSED ssize_t writev(int fd, const struct iovec *vector, int count) {
    TRANSFER(DIRECTION_WRITE, fd, next.writev(fd, vector, count));
}

INTERPOSED ssize_t preadv(int fd, const struct iovec *vector, int count, off_t at) {
    TRANSFER(DIRECTION_READ, fd, next.preadv(fd, vector, count, at));
}

INTERPOSED ssize_t pwritev(int fd, const struct iovec *vector, int count, off_t at) {
    TRANSFER(DIRECTION_WRITE, fd, next.pwritev(fd, vector, count, at));
}

INTERPOSED ssize_t preadv2(int fd, const struct iovec *vector, int count, off_t at, int flags) {
    TRANSFER(DIRECTION_READ, fd, next.preadv2(fd, vector, count, at, flags));
}

INTERPOSED ssize_t pwritev2(int fd, const struct iovec *vector, int count, off_t at, int flags) {
    TRANSFER(DIRECTION_WRITE, fd, next.pwritev2(fd, vector, count, at, flags));
}

// What read and pread become where _FORTIFY_SOURCE is on: `room` is the buffer's size.
INTERPOSED ssize_t __read_chk(int fd, void *data, size_t length, size_t room) {
    TRANSFER(DIRECTION_READ, fd, next.__read_chk(fd, data, length, room));
}

INTERPOSED ssize_t __pread_chk(int fd, void *data, size_t length, off_t at, size_t room) {
    TRANSFER(DIRECTION_READ, fd, next.__pread_chk(fd, data, length, at, room));
}

INTERPOSED ssize_t __read_nocancel(int fd, void *data, size_t length) {
    TRANSFER(DIRECTION_READ, fd, next.__read_nocancel(fd, data, length));
}

INTERPOSED ssize_t __write_nocancel(int fd, const void *data, size_t length) {
    TRANSFER(DIRECTION_WRITE, fd, next.__write_nocancel(fd, data, length));
}

static int synced(int fd, int result) {
    if (result == 0 && is_attached() && files_find(fd)) transfers_count_sync();
    return result;
}

INTERPOSED int fsync(int fd) {
    return synced(fd, next.fsync(fd));
}

INTERPOSED int fdatasync(int fd) {
    return synced(fd, next.fdatasync(fd));
}

INTERPOSED int sync_file_range(int fd, off_t from, off_t length, unsigned flags) {
    return synced(fd, next.sync_file_range(fd, from, length, flags));
}

ALIASES_OF_TRANSFERS(ALIAS)
