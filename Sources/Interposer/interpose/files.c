// Functions that open, duplicate and close descriptors: events/files.h keeps track of those that name O_DIRECT files.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "../base/system.h"
#include "../events/files.h"
#include "../events/rings.h"
#include "../life/attach.h"
#include "../phases/phases.h"
#include "../state/context.h"
#include "../state/ledger_socket.h"
#include "../tables/next.h"
#include "../rules.h"

// The mode is passed on even if the caller gave none: the kernel then ignores it (open(2)).
#define MODE_AFTER(flags)              \
    va_list rest;                      \
    va_start(rest, flags);             \
    mode_t mode = va_arg(rest, mode_t); \
    va_end(rest)

static int opened(int fd, int flags) {
    if (fd >= 0) files_opened(fd, flags & O_DIRECT);
    return fd;
}

#define OPEN(name)                                         \
    INTERPOSED int name(const char *path, int flags, ...) { \
        MODE_AFTER(flags);                                 \
        return opened(next.name(path, flags, mode), flags); \
    }
OPEN(open)
OPEN(open64)
// libc's other libraries open and close so: no thread can be cancelled there.
OPEN(__open_nocancel)
OPEN(__open64_nocancel)
#undef OPEN

#define OPENAT(name)                                                     \
    INTERPOSED int name(int directory, const char *path, int flags, ...) { \
        MODE_AFTER(flags);                                               \
        return opened(next.name(directory, path, flags, mode), flags);   \
    }
OPENAT(openat)
OPENAT(openat64)
#undef OPENAT

// What they become where _FORTIFY_SOURCE is on and no mode is given.
#define OPEN_2(name) \
    INTERPOSED int name(const char *path, int flags) { return opened(next.name(path, flags), flags); }
OPEN_2(__open_2)
OPEN_2(__open64_2)
#undef OPEN_2

#define OPENAT_2(name)                                                  \
    INTERPOSED int name(int directory, const char *path, int flags) {   \
        return opened(next.name(directory, path, flags), flags);        \
    }
OPENAT_2(__openat_2)
OPENAT_2(__openat64_2)
#undef OPENAT_2

#define CREAT(name) \
    INTERPOSED int name(const char *path, mode_t mode) { return opened(next.name(path, mode), 0); }
CREAT(creat)
CREAT(creat64)
#undef CREAT

static void controlled(int fd, int command, int result, bool was_known) {
    if (command == F_SETFL) {
        if (files_flags_changed(fd)) rings_doubt_others();
        if (!was_known && process.phase && files_find(fd)) add_shared(&process.record->direct_streams, 1);
    }
    if (command == F_DUPFD || command == F_DUPFD_CLOEXEC) files_duplicated(fd, result);
}

#define FCNTL(name)                                          \
    INTERPOSED int name(int fd, int command, ...) {          \
        va_list rest;                                        \
        va_start(rest, command);                             \
        void *argument = va_arg(rest, void *);               \
        va_end(rest);                                        \
        bool known = files_knows(fd);                        \
        int result = next.name(fd, command, argument);       \
        if (result >= 0) controlled(fd, command, result, known); \
        return result;                                       \
    }
FCNTL(fcntl)
FCNTL(fcntl64)
#undef FCNTL

INTERPOSED int dup(int fd) {
    int copy = next.dup(fd);
    files_duplicated(fd, copy);
    return copy;
}

INTERPOSED int dup2(int fd, int to) {
    int copy = next.dup2(fd, to);
    files_duplicated(fd, copy);
    return copy;
}

INTERPOSED int dup3(int fd, int to, int flags) {
    int copy = next.dup3(fd, to, flags);
    files_duplicated(fd, copy);
    return copy;
}

static void closes(int fd) {
    files_closed(fd);
    rings_unregister(fd);
}

INTERPOSED int close(int fd) {
    closes(fd);
    return next.close(fd);
}

INTERPOSED int __close_nocancel(int fd) {
    closes(fd);
    return next.__close_nocancel(fd);
}

INTERPOSED int close_range(unsigned first, unsigned last, int flags) {
    int result = next.close_range(first, last, flags);
    if (result == 0 && !((unsigned)flags & CLOSE_RANGE_CLOEXEC)) files_closed_range(first, last);
    return result;
}

INTERPOSED void closefrom(int first) {
    files_closed_range(first < 0 ? 0 : (unsigned)first, ~0u);
    next.closefrom(first);
}

// TRAP: a stream closes its descriptor by libc's internal name. Fixture: closes-by-stream.c
// libc also transfers a stream's data by internal names.
INTERPOSED FILE *fdopen(int fd, const char *mode) {
    if (is_attached() && files_find(fd)) add_shared(&process.record->direct_streams, 1);
    return next.fdopen(fd, mode);
}

// TRAP: libc closes these descriptors by internal names. The program may have used their numbers (fsync of dirfd, read of fileno),
// which then come to name other files. Fixture: closes-inside-libc.c
// TRAP: a stream in memory has no descriptor, and fileno sets errno. Fixture: Tests/behaviour/errno.cases
static void stream_closes(FILE *stream) {
    int saved = errno, fd = fileno(stream);
    errno = saved;
    if (fd >= 0) files_closed(fd);
}

INTERPOSED int fclose(FILE *stream) {
    stream_closes(stream);
    return next.fclose(stream);
}

INTERPOSED FILE *freopen(const char *path, const char *mode, FILE *stream) {
    stream_closes(stream);
    return next.freopen(path, mode, stream);
}

INTERPOSED FILE *freopen64(const char *path, const char *mode, FILE *stream) {
    stream_closes(stream);
    return next.freopen64(path, mode, stream);
}

INTERPOSED int pclose(FILE *stream) {
    stream_closes(stream);
    return next.pclose(stream);
}

INTERPOSED int endmntent(FILE *stream) {
    if (stream) stream_closes(stream);
    return next.endmntent(stream);
}

INTERPOSED int closedir(DIR *directory) {
    DIR *volatile given = directory;  // null is libc's to refuse (EINVAL), which its declaration hides from the compiler
    if (given) files_closed(dirfd(directory));
    return next.closedir(directory);
}

INTERPOSED int mq_close(mqd_t queue) {
    files_closed(queue);
    return next.mq_close(queue);
}

INTERPOSED int unshare(int flags) {
    if (flags & CLONE_NEWNET) ledger_socket_keep();
    int result = next.unshare(flags);
    if (result == 0 && (flags & CLONE_FILES) && is_attached()) files_unshared();
    return result;
}

// The standard descriptors become others: a terminal, or /dev/null in a child.
INTERPOSED int login_tty(int fd) {
    int result = next.login_tty(fd);
    if (result == 0) files_closed_range(STDIN_FILENO, STDERR_FILENO);
    if (result == 0 && fd > STDERR_FILENO) files_closed(fd);
    return result;
}

// The parent ends inside libc, by an internal name. Fixture: daemonises.c
INTERPOSED int daemon(int stays_in_directory, int keeps_streams) {
    bool leaves = is_attached();
    if (leaves) phases_may_leave();
    int result = next.daemon(stays_in_directory, keeps_streams);
    if (leaves && is_attached()) phases_stay();
    if (result == 0 && !keeps_streams) files_closed_range(STDIN_FILENO, STDERR_FILENO);
    return result;
}
