// What the driver needs of Linux that Embedded Swift cannot reach by itself: each part says which limit forces it here.
#ifndef CLINUX_H
#define CLINUX_H

// Embedded Swift has no Glibc module: these headers stand in for it. Without _GNU_SOURCE, which would change the layout
// of types that liburing's and libaio's modules hold as well.
#include <errno.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <stdint.h>

// The C library's own, which it declares with _GNU_SOURCE only.
ssize_t preadv2(int fd, const struct iovec *vector, int count, off_t at, int flags);
ssize_t pwritev2(int fd, const struct iovec *vector, int count, off_t at, int flags);
int pthread_setname_np(pthread_t thread, const char *name);

// The program's arguments: Embedded Swift has no CommandLine.
int cl_argument_count(void);
char *const *cl_arguments(void);

// RWF_DSYNC: a macro with a cast, which Swift does not import.
extern const int cl_rwf_dsync;

// clock_gettime(2), in nanoseconds. Swift takes struct timespec for that module's which it loads first, and that is
// not always this one.
int64_t cl_nanoseconds(clockid_t clock);

// open(2) for reading and writing with O_DIRECT, creating the file: variadic, and O_DIRECT needs _GNU_SOURCE.
// -1 with errno set.
int cl_create_direct(const char *path);

// What statx(2) says of direct I/O on an open file; struct statx needs _GNU_SOURCE.
// A multiple of these bytes is what offsets and lengths must be; 0 if the file takes none at all, -1 if nobody knows.
int64_t cl_direct_alignment(int fd);

#endif
