// What the fixtures share: an O_DIRECT file and blocks of it. Allocates nothing, and uses no stdio, which would.
#ifndef DIRECT_H
#define DIRECT_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCK = 4096 };

static char block[BLOCK] __attribute__((aligned(4096)));

// The compiler may neither drop what made the value nor know what it is.
static inline void *keep(void *value) {
    __asm__ volatile("" : "+r"(value) : : "memory");
    return value;
}

static inline void require(int condition, const char *what) {
    if (condition) return;
    if (write(2, "fixture: ", 9) < 0 || write(2, what, strlen(what)) < 0 || write(2, "\n", 1) < 0) _exit(98);
    _exit(99);
}

static inline int open_direct(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT | O_DIRECT, 0600);
    require(fd >= 0, "cannot open the file with O_DIRECT");
    return fd;
}

static inline void write_block(int fd, long index) {
    require(pwrite(fd, block, BLOCK, index * BLOCK) == BLOCK, "short write");
}

static inline void read_block(int fd, long index) {
    require(pread(fd, block, BLOCK, index * BLOCK) == BLOCK, "short read");
}

static inline void write_blocks(int fd, long count) {
    for (long i = 0; i < count; i++) write_block(fd, i);
}

static inline void lock_memory(void) {
    require(mlockall(MCL_CURRENT | MCL_FUTURE) == 0, "mlockall");
}

#endif
