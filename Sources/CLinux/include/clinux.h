// Linux functions that the driver needs and Embedded Swift cannot reach: each comment gives the reason.
#ifndef CLINUX_H
#define CLINUX_H

// Before any header: for pthread_setname_np, preadv2, pwritev2. liburing 2.3 defines it by accident, 2.9 does not.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

// Embedded Swift has no Glibc module: these headers stand in for it. All that the driver sees of C is in this one module:
// liburing.h defines _XOPEN_SOURCE, which changes types (fd_set) that other modules would hold as well.
#include <liburing.h>

#include <libaio.h>

#include <errno.h>
#include <linux/magic.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <stdint.h>

// The program's arguments: Embedded Swift has no CommandLine.
int cl_argument_count(void);
char *const *cl_arguments(void);

// RWF_DSYNC: a macro with a cast, which Swift does not import.
extern const int cl_rwf_dsync;

// IOSQE_FIXED_FILE: a shift by an enum, which Swift does not import from every version of liburing.
extern const unsigned char cl_iosqe_fixed_file;

// The soft limit of RLIMIT_MEMLOCK (getrlimit(2)), in bytes: the constant has another type with _GNU_SOURCE than without.
uint64_t cl_memlock_limit(void);

// open(2) for reading and writing with O_DIRECT, creating the file if it is not there: variadic, which Swift does not
// import. -1 with errno set.
int cl_create_direct(const char *path);

// The alignment for direct I/O on an open file (statx(2)): older headers lack STATX_DIOALIGN, and Swift has no #ifdef for
// that. Offsets and lengths must be a multiple of these bytes. 0: the file takes no direct I/O; -1: unknown.
int64_t cl_direct_alignment(int fd);

#endif
