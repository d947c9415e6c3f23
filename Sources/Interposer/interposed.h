// The one list of interposed functions: X(result, name, parameters, arguments). The `next` table, its bootstrap and its
// resolution expand from it, and interpose/ defines each function under the same name. reallocarray, free_sized,
// free_aligned_sized, execv, execvp, execl, execlp and execle need no `next` of their own.
//
// LFS names such as mmap64, and those of _FORTIFY_SOURCE, are functions of their own: a library behind us may define one name only.
// Fixture: reads-by-large-names.c
// TRAP: names such as __sbrk and __pwrite64 are not among them. A library that replaces sbrk calls libc's by __sbrk (gperftools
// does): ours would call the library's again, without end. The host names programs that import them
// (Inspect/Programs/ElfFile.swift). Test: BlindSpotTests, shared allocators
#ifndef DIOAUDIT_INTERPOSED_H
#define DIOAUDIT_INTERPOSED_H

#include <aio.h>
#include <dirent.h>
#include <libaio.h>
#include <liburing.h>
#include <mqueue.h>
#include <netdb.h>
#include <pthread.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <threads.h>
#include <time.h>
#include <ucontext.h>

typedef int main_function(int, char **, char **);
typedef void plain_function(void);

#define INTERPOSED_HEAP(X)                                                                                          \
    X(void *, malloc, (size_t size), (size))                                                                        \
    X(void *, calloc, (size_t count, size_t size), (count, size))                                                   \
    X(void *, realloc, (void *block, size_t size), (block, size))                                                   \
    X(void, free, (void *block), (block))                                                                           \
    X(int, posix_memalign, (void **block, size_t alignment, size_t size), (block, alignment, size))                 \
    X(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))                                    \
    X(void *, memalign, (size_t alignment, size_t size), (alignment, size))                                         \
    X(void *, valloc, (size_t size), (size))                                                                        \
    X(void *, pvalloc, (size_t size), (size))

#define INTERPOSED_MAPPINGS(X)                                                                                      \
    X(void *, mmap, (void *at, size_t length, int protection, int flags, int fd, off_t offset),                     \
      (at, length, protection, flags, fd, offset))                                                                  \
    X(void *, mmap64, (void *at, size_t length, int protection, int flags, int fd, off_t offset),                   \
      (at, length, protection, flags, fd, offset))                                                                  \
    X(int, munmap, (void *at, size_t length), (at, length))                                                         \
    X(void *, mremap, (void *old, size_t old_length, size_t length, int flags, void *at),                           \
      (old, old_length, length, flags, at))                                                                         \
    X(int, brk, (void *end), (end))                                                                                 \
    X(void *, sbrk, (intptr_t increment), (increment))                                                              \
    X(int, madvise, (void *at, size_t length, int advice), (at, length, advice))                                    \
    X(ssize_t, process_madvise,                                                                                     \
      (int pidfd, const struct iovec *ranges, size_t count, int advice, unsigned flags),                          \
      (pidfd, ranges, count, advice, flags))

#define INTERPOSED_LOCKING(X)                                                                                       \
    X(int, mlock, (const void *at, size_t length), (at, length))                                                    \
    X(int, mlock2, (const void *at, size_t length, unsigned flags), (at, length, flags))                            \
    X(int, munlock, (const void *at, size_t length), (at, length))                                                  \
    X(int, mlockall, (int flags), (flags))                                                                          \
    X(int, munlockall, (void), ())

#define INTERPOSED_FILES(X)                                                                                         \
    X(int, open, (const char *path, int flags, mode_t mode), (path, flags, mode))                                   \
    X(int, open64, (const char *path, int flags, mode_t mode), (path, flags, mode))                                 \
    X(int, openat, (int directory, const char *path, int flags, mode_t mode), (directory, path, flags, mode))       \
    X(int, openat64, (int directory, const char *path, int flags, mode_t mode), (directory, path, flags, mode))     \
    X(int, __open_2, (const char *path, int flags), (path, flags))                                                  \
    X(int, __open64_2, (const char *path, int flags), (path, flags))                                                \
    X(int, __openat_2, (int directory, const char *path, int flags), (directory, path, flags))                      \
    X(int, __openat64_2, (int directory, const char *path, int flags), (directory, path, flags))                    \
    X(int, __open_nocancel, (const char *path, int flags, mode_t mode), (path, flags, mode))                        \
    X(int, __open64_nocancel, (const char *path, int flags, mode_t mode), (path, flags, mode))                      \
    X(int, creat, (const char *path, mode_t mode), (path, mode))                                                    \
    X(int, creat64, (const char *path, mode_t mode), (path, mode))                                                  \
    X(int, fcntl, (int fd, int command, void *argument), (fd, command, argument))                                   \
    X(int, fcntl64, (int fd, int command, void *argument), (fd, command, argument))                                 \
    X(int, dup, (int fd), (fd))                                                                                     \
    X(int, dup2, (int fd, int to), (fd, to))                                                                        \
    X(int, dup3, (int fd, int to, int flags), (fd, to, flags))                                                      \
    X(int, close, (int fd), (fd))                                                                                   \
    X(int, __close_nocancel, (int fd), (fd))                                                                        \
    X(int, close_range, (unsigned first, unsigned last, int flags), (first, last, flags))                           \
    X(void, closefrom, (int first), (first))                                                                        \
    X(FILE *, fdopen, (int fd, const char *mode), (fd, mode))                                                       \
    X(int, fclose, (FILE * stream), (stream))                                                                       \
    X(FILE *, freopen, (const char *path, const char *mode, FILE *stream), (path, mode, stream))                    \
    X(FILE *, freopen64, (const char *path, const char *mode, FILE *stream), (path, mode, stream))                  \
    X(int, pclose, (FILE * stream), (stream))                                                                       \
    X(int, endmntent, (FILE * stream), (stream))                                                                    \
    X(int, closedir, (DIR * directory), (directory))                                                                \
    X(int, unshare, (int flags), (flags))                                                                           \
    X(int, mq_close, (mqd_t queue), (queue))                                                                        \
    X(int, login_tty, (int fd), (fd))                                                                               \
    X(int, daemon, (int stays_in_directory, int keeps_streams), (stays_in_directory, keeps_streams))

#define INTERPOSED_TRANSFERS(X)                                                                                     \
    X(ssize_t, read, (int fd, void *data, size_t length), (fd, data, length))                                       \
    X(ssize_t, write, (int fd, const void *data, size_t length), (fd, data, length))                                \
    X(ssize_t, pread, (int fd, void *data, size_t length, off_t at), (fd, data, length, at))                        \
    X(ssize_t, pread64, (int fd, void *data, size_t length, off_t at), (fd, data, length, at))                      \
    X(ssize_t, pwrite, (int fd, const void *data, size_t length, off_t at), (fd, data, length, at))                 \
    X(ssize_t, pwrite64, (int fd, const void *data, size_t length, off_t at), (fd, data, length, at))               \
    X(ssize_t, readv, (int fd, const struct iovec *vector, int count), (fd, vector, count))                         \
    X(ssize_t, writev, (int fd, const struct iovec *vector, int count), (fd, vector, count))                        \
    X(ssize_t, preadv, (int fd, const struct iovec *vector, int count, off_t at), (fd, vector, count, at))          \
    X(ssize_t, preadv64, (int fd, const struct iovec *vector, int count, off_t at), (fd, vector, count, at))        \
    X(ssize_t, pwritev, (int fd, const struct iovec *vector, int count, off_t at), (fd, vector, count, at))         \
    X(ssize_t, pwritev64, (int fd, const struct iovec *vector, int count, off_t at), (fd, vector, count, at))       \
    X(ssize_t, preadv2, (int fd, const struct iovec *vector, int count, off_t at, int flags),                       \
      (fd, vector, count, at, flags))                                                                               \
    X(ssize_t, preadv64v2, (int fd, const struct iovec *vector, int count, off_t at, int flags),                    \
      (fd, vector, count, at, flags))                                                                               \
    X(ssize_t, pwritev2, (int fd, const struct iovec *vector, int count, off_t at, int flags),                      \
      (fd, vector, count, at, flags))                                                                               \
    X(ssize_t, pwritev64v2, (int fd, const struct iovec *vector, int count, off_t at, int flags),                   \
      (fd, vector, count, at, flags))                                                                               \
    X(ssize_t, __read_chk, (int fd, void *data, size_t length, size_t room), (fd, data, length, room))              \
    X(ssize_t, __pread_chk, (int fd, void *data, size_t length, off_t at, size_t room),                             \
      (fd, data, length, at, room))                                                                                 \
    X(ssize_t, __pread64_chk, (int fd, void *data, size_t length, off_t at, size_t room),                           \
      (fd, data, length, at, room))                                                                                 \
    X(ssize_t, __read_nocancel, (int fd, void *data, size_t length), (fd, data, length))                            \
    X(ssize_t, __write_nocancel, (int fd, const void *data, size_t length), (fd, data, length))                     \
    X(ssize_t, sendfile, (int to, int from, off_t *at, size_t length), (to, from, at, length))                      \
    X(ssize_t, sendfile64, (int to, int from, off_t *at, size_t length), (to, from, at, length))                    \
    X(ssize_t, splice, (int from, loff_t *from_at, int to, loff_t *to_at, size_t length, unsigned flags),           \
      (from, from_at, to, to_at, length, flags))                                                                    \
    X(ssize_t, copy_file_range, (int from, loff_t *from_at, int to, loff_t *to_at, size_t length, unsigned flags),  \
      (from, from_at, to, to_at, length, flags))                                                                    \
    X(int, fsync, (int fd), (fd))                                                                                   \
    X(int, fdatasync, (int fd), (fd))                                                                               \
    X(int, sync_file_range, (int fd, off_t from, off_t length, unsigned flags), (fd, from, length, flags))

// In libraries that dlopen may load later, where RTLD_NEXT does not find them: the first call finds the library by its file
// name.
#define INTERPOSED_LIBAIO(X)                                                                                        \
    X(int, io_setup, (int events, io_context_t * context), (events, context))                                       \
    X(int, io_submit, (io_context_t context, long count, struct iocb **iocbs), (context, count, iocbs))

#define INTERPOSED_LIBURING(X)                                                                                      \
    X(int, io_uring_queue_init, (unsigned entries, struct io_uring *ring, unsigned flags), (entries, ring, flags))  \
    X(int, io_uring_queue_init_params, (unsigned entries, struct io_uring *ring, struct io_uring_params *parameters), \
      (entries, ring, parameters))                                                                                  \
    X(int, io_uring_submit, (struct io_uring *ring), (ring))                                                        \
    X(int, io_uring_submit_and_wait, (struct io_uring *ring, unsigned wait), (ring, wait))                          \
    X(int, io_uring_submit_and_wait_timeout,                                                                        \
      (struct io_uring *ring, struct io_uring_cqe **cqe, unsigned wait, struct __kernel_timespec *timeout,          \
       sigset_t *mask),                                                                                             \
      (ring, cqe, wait, timeout, mask))                                                                             \
    X(int, io_uring_submit_and_get_events, (struct io_uring *ring), (ring))                                         \
    X(int, io_uring_register_files, (struct io_uring *ring, const int *files, unsigned count), (ring, files, count)) \
    X(int, io_uring_register_files_tags,                                                                            \
      (struct io_uring *ring, const int *files, const __u64 *tags, unsigned count), (ring, files, tags, count))     \
    X(int, io_uring_register_files_sparse, (struct io_uring *ring, unsigned count), (ring, count))                  \
    X(int, io_uring_register_files_update, (struct io_uring *ring, unsigned first, const int *files, unsigned count), \
      (ring, first, files, count))                                                                                  \
    X(int, io_uring_register_files_update_tag,                                                                      \
      (struct io_uring *ring, unsigned first, const int *files, const __u64 *tags, unsigned count),                 \
      (ring, first, files, tags, count))                                                                            \
    X(int, io_uring_register, (unsigned fd, unsigned operation, const void *argument, unsigned count),              \
      (fd, operation, argument, count))                                                                             \
    X(int, io_uring_enter, (unsigned fd, unsigned submits, unsigned waits, unsigned flags, sigset_t *mask),         \
      (fd, submits, waits, flags, mask))                                                                            \
    X(int, io_uring_enter2, (unsigned fd, unsigned submits, unsigned waits, unsigned flags, sigset_t *mask, size_t size), \
      (fd, submits, waits, flags, mask, size))                                                                      \
    X(int, io_uring_unregister_files, (struct io_uring *ring), (ring))                                              \
    X(void, io_uring_queue_exit, (struct io_uring *ring), (ring))

#define INTERPOSED_IMAGES(X)                                                                                        \
    X(int, execve, (const char *path, char *const *arguments, char *const *environment),                            \
      (path, arguments, environment))                                                                               \
    X(int, execvpe, (const char *file, char *const *arguments, char *const *environment),                           \
      (file, arguments, environment))                                                                               \
    X(int, fexecve, (int fd, char *const *arguments, char *const *environment), (fd, arguments, environment))       \
    X(int, execveat,                                                                                                \
      (int directory, const char *path, char *const *arguments, char *const *environment, int flags),               \
      (directory, path, arguments, environment, flags))                                                             \
    X(int, posix_spawn,                                                                                             \
      (pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes, \
       char *const *arguments, char *const *environment),                                                           \
      (pid, path, actions, attributes, arguments, environment))                                                     \
    X(int, posix_spawnp,                                                                                            \
      (pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes, \
       char *const *arguments, char *const *environment),                                                           \
      (pid, file, actions, attributes, arguments, environment))                                                     \
    X(int, system, (const char *command), (command))                                                                \
    X(FILE *, popen, (const char *command, const char *mode), (command, mode))

// C++'s operators new and delete by their mangled names, with every variant: a block of one may be freed by another.
// A program without C++ has no `next` for them.
#define INTERPOSED_NEW(X)                                                                                           \
    X(void *, _Znwm, (size_t size), (size))                                                                         \
    X(void *, _Znam, (size_t size), (size))                                                                         \
    X(void *, _ZnwmRKSt9nothrow_t, (size_t size, const void *tag), (size, tag))                                     \
    X(void *, _ZnamRKSt9nothrow_t, (size_t size, const void *tag), (size, tag))                                     \
    X(void *, _ZnwmSt11align_val_t, (size_t size, size_t alignment), (size, alignment))                             \
    X(void *, _ZnamSt11align_val_t, (size_t size, size_t alignment), (size, alignment))                             \
    X(void *, _ZnwmSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, const void *tag),                 \
      (size, alignment, tag))                                                                                       \
    X(void *, _ZnamSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, const void *tag),                 \
      (size, alignment, tag))

#define INTERPOSED_DELETE(X)                                                                                        \
    X(void, _ZdlPv, (void *block), (block))                                                                         \
    X(void, _ZdaPv, (void *block), (block))                                                                         \
    X(void, _ZdlPvm, (void *block, size_t size), (block, size))                                                     \
    X(void, _ZdaPvm, (void *block, size_t size), (block, size))                                                     \
    X(void, _ZdlPvRKSt9nothrow_t, (void *block, const void *tag), (block, tag))                                     \
    X(void, _ZdaPvRKSt9nothrow_t, (void *block, const void *tag), (block, tag))                                     \
    X(void, _ZdlPvSt11align_val_t, (void *block, size_t alignment), (block, alignment))                             \
    X(void, _ZdaPvSt11align_val_t, (void *block, size_t alignment), (block, alignment))                             \
    X(void, _ZdlPvmSt11align_val_t, (void *block, size_t size, size_t alignment), (block, size, alignment))         \
    X(void, _ZdaPvmSt11align_val_t, (void *block, size_t size, size_t alignment), (block, size, alignment))         \
    X(void, _ZdlPvSt11align_val_tRKSt9nothrow_t, (void *block, size_t alignment, const void *tag),                  \
      (block, alignment, tag))                                                                                      \
    X(void, _ZdaPvSt11align_val_tRKSt9nothrow_t, (void *block, size_t alignment, const void *tag),                  \
      (block, alignment, tag))

#define INTERPOSED_LOADING(X)                                                                                       \
    X(void *, dlopen, (const char *file, int mode), (file, mode))                                                   \
    X(void *, dlsym, (void *handle, const char *name), (handle, name))                                              \
    X(void *, dlvsym, (void *handle, const char *name, const char *version), (handle, name, version))               \
    X(void *, dlmopen, (long space, const char *file, int mode), (space, file, mode))

#define INTERPOSED_DIRECT(X)                                                                                        \
    X(long, syscall, (long number, long a, long b, long c, long d, long e, long f), (number, a, b, c, d, e, f))

#define INTERPOSED_LIFE(X)                                                                                          \
    X(int, pthread_create,                                                                                          \
      (pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument),                \
      (thread, attributes, start, argument))                                                                        \
    X(int, thrd_create, (thrd_t *thread, thrd_start_t start, void *argument), (thread, start, argument))            \
    X(int, clone,                                                                                                   \
      (int (*start)(void *), void *stack, int flags, void *argument, pid_t *parent, void *tls, pid_t *child),        \
      (start, stack, flags, argument, parent, tls, child))                                                          \
    X(int, setns, (int fd, int kinds), (fd, kinds))                                                                 \
    X(pid_t, vfork, (void), ())                                                                                     \
    X(int, dlclose, (void *handle), (handle))                                                                       \
    X(void, longjmp, (struct __jmp_buf_tag *target, int value), (target, value))                                    \
    X(void, _longjmp, (struct __jmp_buf_tag *target, int value), (target, value))                                   \
    X(void, siglongjmp, (struct __jmp_buf_tag *target, int value), (target, value))                                 \
    X(void, __longjmp_chk, (struct __jmp_buf_tag *target, int value), (target, value))                              \
    X(int, setcontext, (const ucontext_t *target), (target))                                                        \
    X(int, swapcontext, (ucontext_t * left, const ucontext_t *target), (left, target))                              \
    X(int, __libc_start_main,                                                                                       \
      (main_function * program, int argc, char **argv, plain_function *init, plain_function *fini,                  \
       plain_function *linker_fini, void *stack_end),                                                               \
      (program, argc, argv, init, fini, linker_fini, stack_end))                                                    \
    X(void, exit, (int status), (status))                                                                           \
    X(void, quick_exit, (int status), (status))                                                                     \
    X(void, _exit, (int status), (status))

// Other names of the same functions, the other name first.
#define ALIASES_OF_LIFE(X)                                                                                          \
    X(_Exit, _exit)                                                                                                 \
    X(__vfork, vfork)

// Inside a test alone: under the command, a child of it needs nothing of its parent.
#ifdef DIOAUDIT_IN_PROCESS
#define INTERPOSED_IN_TEST(X)                                                                                       \
    X(pid_t, _Fork, (void), ())                                                                                     \
    X(int, timer_create, (clockid_t clock, struct sigevent *event, timer_t *timer), (clock, event, timer))          \
    X(int, mq_notify, (mqd_t queue, const struct sigevent *event), (queue, event))                                  \
    X(int, aio_read, (struct aiocb *block), (block))                                                                \
    X(int, aio_read64, (struct aiocb64 *block), (block))                                                            \
    X(int, aio_write, (struct aiocb *block), (block))                                                               \
    X(int, aio_write64, (struct aiocb64 *block), (block))                                                           \
    X(int, aio_fsync, (int how, struct aiocb *block), (how, block))                                                 \
    X(int, aio_fsync64, (int how, struct aiocb64 *block), (how, block))                                             \
    X(int, lio_listio, (int how, struct aiocb *const *blocks, int count, struct sigevent *event),                   \
      (how, blocks, count, event))                                                                                  \
    X(int, lio_listio64, (int how, struct aiocb64 *const *blocks, int count, struct sigevent *event),               \
      (how, blocks, count, event))                                                                                  \
    X(int, getaddrinfo_a, (int how, struct gaicb **requests, int count, struct sigevent *event),                    \
      (how, requests, count, event))
#else
#define INTERPOSED_IN_TEST(X)
#endif

#define INTERPOSED_IN_LIBC(X)                                                                                       \
    INTERPOSED_HEAP(X)                                                                                              \
    INTERPOSED_MAPPINGS(X)                                                                                          \
    INTERPOSED_LOCKING(X)                                                                                           \
    INTERPOSED_FILES(X)                                                                                             \
    INTERPOSED_TRANSFERS(X)                                                                                         \
    INTERPOSED_IMAGES(X)                                                                                            \
    INTERPOSED_LOADING(X)                                                                                           \
    INTERPOSED_DIRECT(X)                                                                                            \
    INTERPOSED_LIFE(X)                                                                                              \
    INTERPOSED_IN_TEST(X)

#endif
