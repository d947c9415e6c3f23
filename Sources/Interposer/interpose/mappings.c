// Mappings and the program break. libc maps memory for itself by internal names, which is not seen here.
#define DIOAUDIT_DEFINES_ALLOCATION
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../events/counting.h"
#include "../tables/next.h"
#include "../rules.h"

INTERPOSED void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
    COUNTED(void *, DIOAUDIT_EVENT_MMAP, length, next.mmap(at, length, protection, flags, fd, offset), MAP_FAILED);
}

INTERPOSED int munmap(void *at, size_t length) {
    count(DIOAUDIT_EVENT_MUNMAP, length);
    return next.munmap(at, length);
}

INTERPOSED void *mremap(void *old, size_t old_length, size_t length, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    void *at = va_arg(rest, void *);  // the kernel reads it only with MREMAP_FIXED
    va_end(rest);
    COUNTED(void *, DIOAUDIT_EVENT_MREMAP, length, next.mremap(old, old_length, length, flags, at), MAP_FAILED);
}

INTERPOSED int brk(void *end) {
    COUNTED(int, DIOAUDIT_EVENT_BRK, 0, next.brk(end), -1);
}

INTERPOSED void *sbrk(intptr_t increment) {
    if (increment == 0) return next.sbrk(0);  // only reads the break
    uint64_t bytes = increment > 0 ? (uint64_t)increment : 0;
    COUNTED(void *, DIOAUDIT_EVENT_SBRK, bytes, next.sbrk(increment), (void *)-1);
}

INTERPOSED int madvise(void *at, size_t length, int advice) {
    count(DIOAUDIT_EVENT_MADVISE, length);
    return next.madvise(at, length, advice);
}

ALIASES_OF_MAPPINGS(ALIAS)
