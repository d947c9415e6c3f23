// Synchronous transfers, and what makes them durable.
#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

#include "../events/files.h"
#include "../events/transfers.h"
#include "../life/attach.h"
#include "../phases/accounting.h"
#include "../tables/next.h"
#include "../rules.h"

// A call that moves data out of one descriptor, into one, or both.
struct movement {
    struct transfer_call call;
    struct direct_file *files[DIRECTIONS];  // null: no transfer
};

enum { NO_DESCRIPTOR = -1 };

static __attribute__((noinline)) void begin_transfers(struct movement *movement, uint64_t asked) {
    struct transfer_plan plan = {.transfers = true};
    for (enum direction direction = 0; direction < DIRECTIONS; direction++) {
        if (!movement->files[direction]) continue;
        plan.warmup |= transfer_begins(movement->files[direction], direction);
        plan.asked[direction] = asked;
    }
    transfers_begin(&movement->call, plan);
}

static inline bool is_one(const struct movement *movement) {
    return unlikely(movement->files[DIRECTION_READ] || movement->files[DIRECTION_WRITE]);
}

static inline void begin(struct movement *movement, int from, int to, uint64_t asked) {
    bool attached = is_attached();
    movement->files[DIRECTION_READ] = attached && from != NO_DESCRIPTOR ? files_find(from) : NULL;
    movement->files[DIRECTION_WRITE] = attached && to != NO_DESCRIPTOR ? files_find(to) : NULL;
    if (is_one(movement)) begin_transfers(movement, asked);
}

// A call that moved no data (an error, the end of the file) is no transfer.
static __attribute__((noinline)) void end_transfers(struct movement *movement, ssize_t result) {
    int saved = errno;
    for (enum direction direction = 0; direction < DIRECTIONS; direction++) {
        struct direct_file *file = movement->files[direction];
        bool is_written_too = direction == DIRECTION_READ && movement->files[DIRECTION_WRITE];
        if (!file) continue;
        if (result > 0 && is_written_too) transfer_reads_too(&movement->call, file, (uint64_t)result);
        else if (result > 0) transfer_done(&movement->call, file, direction, (uint64_t)result);
        else transfer_failed(file, direction);
    }
    transfers_end(&movement->call);
    errno = saved;
}

// `counts`: the kernel counts what the call moves (proc_pid_io(5), rchar and wchar).
#define MOVEMENT(from, to, asked, counts, expression)                          \
    do {                                                                       \
        struct movement movement;                                              \
        begin(&movement, from, to, asked);                                     \
        ssize_t result = (expression);                                         \
        if (counts && from != NO_DESCRIPTOR) accounting_called(DIRECTION_READ, result);   \
        if (counts && to != NO_DESCRIPTOR) accounting_called(DIRECTION_WRITE, result);    \
        if (is_one(&movement)) end_transfers(&movement, result);               \
        return result;                                                         \
    } while (0)

#define READS(fd, asked, expression) MOVEMENT(fd, NO_DESCRIPTOR, asked, true, expression)
#define WRITES(fd, asked, expression) MOVEMENT(NO_DESCRIPTOR, fd, asked, true, expression)

enum { NOT_KNOWN = 0 };  // the bytes of a vector, which the kernel is the first to read

INTERPOSED ssize_t read(int fd, void *data, size_t length) {
    READS(fd, length, next.read(fd, data, length));
}

INTERPOSED ssize_t write(int fd, const void *data, size_t length) {
    WRITES(fd, length, next.write(fd, data, length));
}

#define PREAD(name)                                                        \
    INTERPOSED ssize_t name(int fd, void *data, size_t length, off_t at) { \
        READS(fd, length, next.name(fd, data, length, at));                \
    }
PREAD(pread)
PREAD(pread64)
#undef PREAD

#define PWRITE(name)                                                             \
    INTERPOSED ssize_t name(int fd, const void *data, size_t length, off_t at) { \
        WRITES(fd, length, next.name(fd, data, length, at));                     \
    }
PWRITE(pwrite)
PWRITE(pwrite64)
#undef PWRITE

INTERPOSED ssize_t readv(int fd, const struct iovec *vector, int count) {
    READS(fd, NOT_KNOWN, next.readv(fd, vector, count));
}

INTERPOSED ssize_t writev(int fd, const struct iovec *vector, int count) {
    WRITES(fd, NOT_KNOWN, next.writev(fd, vector, count));
}

#define PREADV(name)                                                                   \
    INTERPOSED ssize_t name(int fd, const struct iovec *vector, int count, off_t at) { \
        READS(fd, NOT_KNOWN, next.name(fd, vector, count, at));                        \
    }
PREADV(preadv)
PREADV(preadv64)
#undef PREADV

#define PWRITEV(name)                                                                  \
    INTERPOSED ssize_t name(int fd, const struct iovec *vector, int count, off_t at) { \
        WRITES(fd, NOT_KNOWN, next.name(fd, vector, count, at));                       \
    }
PWRITEV(pwritev)
PWRITEV(pwritev64)
#undef PWRITEV

#define PREADV2(name)                                                                             \
    INTERPOSED ssize_t name(int fd, const struct iovec *vector, int count, off_t at, int flags) { \
        READS(fd, NOT_KNOWN, next.name(fd, vector, count, at, flags));                            \
    }
PREADV2(preadv2)
PREADV2(preadv64v2)
#undef PREADV2

#define PWRITEV2(name)                                                                            \
    INTERPOSED ssize_t name(int fd, const struct iovec *vector, int count, off_t at, int flags) { \
        WRITES(fd, NOT_KNOWN, next.name(fd, vector, count, at, flags));                           \
    }
PWRITEV2(pwritev2)
PWRITEV2(pwritev64v2)
#undef PWRITEV2

// What read and pread become where _FORTIFY_SOURCE is on: `room` is the buffer's size.
INTERPOSED ssize_t __read_chk(int fd, void *data, size_t length, size_t room) {
    READS(fd, length, next.__read_chk(fd, data, length, room));
}

#define PREAD_CHK(name)                                                                 \
    INTERPOSED ssize_t name(int fd, void *data, size_t length, off_t at, size_t room) { \
        READS(fd, length, next.name(fd, data, length, at, room));                       \
    }
PREAD_CHK(__pread_chk)
PREAD_CHK(__pread64_chk)
#undef PREAD_CHK

INTERPOSED ssize_t __read_nocancel(int fd, void *data, size_t length) {
    READS(fd, length, next.__read_nocancel(fd, data, length));
}

INTERPOSED ssize_t __write_nocancel(int fd, const void *data, size_t length) {
    WRITES(fd, length, next.__write_nocancel(fd, data, length));
}

// MARK: from one descriptor to another

#define SENDFILE(name)                                                        \
    INTERPOSED ssize_t name(int to, int from, off_t *at, size_t length) {     \
        MOVEMENT(from, to, NOT_KNOWN, true, next.name(to, from, at, length)); \
    }
SENDFILE(sendfile)
SENDFILE(sendfile64)
#undef SENDFILE

INTERPOSED ssize_t splice(int from, loff_t *from_at, int to, loff_t *to_at, size_t length, unsigned flags) {
    MOVEMENT(from, to, NOT_KNOWN, false, next.splice(from, from_at, to, to_at, length, flags));
}

INTERPOSED ssize_t copy_file_range(int from, loff_t *from_at, int to, loff_t *to_at, size_t length, unsigned flags) {
    MOVEMENT(from, to, NOT_KNOWN, true, next.copy_file_range(from, from_at, to, to_at, length, flags));
}

// MARK: what makes them durable

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
