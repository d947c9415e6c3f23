// The heap: each function counts the call, then calls libc's. See interposed.h for the list, rules.h for the rules.
#define DIOAUDIT_DEFINES_ALLOCATION
#include <errno.h>
#include <string.h>

#include "../events/counting.h"
#include "../tables/next.h"
#include "../rules.h"

static __attribute__((noinline)) void *malloc_slowly(size_t size) {
    COUNTED_SLOWLY(void *, DIOAUDIT_EVENT_MALLOC, size, next.malloc(size), NULL);
}

// malloc and free are called most: their fast path has no stack frame.
INTERPOSED void *malloc(size_t size) {
    return likely(count_plainly(DIOAUDIT_EVENT_MALLOC, size)) ? next.malloc(size) : malloc_slowly(size);
}

INTERPOSED void *calloc(size_t number, size_t size) {
    size_t bytes;
    // A product that overflows size_t is a request that must fail, and its size cannot be given.
    if (__builtin_mul_overflow(number, size, &bytes)) bytes = 0;
    COUNTED(void *, DIOAUDIT_EVENT_CALLOC, bytes, next.calloc(number, size), NULL);
}

// A block of the start-up pool moves to the heap when it is resized.
static void *move_from_pool(void *block, size_t size) {
    void *moved = next.malloc(size);
    size_t kept = next_block_size(block);
    return moved ? memcpy(moved, block, kept < size ? kept : size) : NULL;
}

static void *resize(void *block, size_t size) {
    if (unlikely(next_owns_block(block))) return move_from_pool(block, size);
    return next.realloc(block, size);
}

INTERPOSED void *realloc(void *block, size_t size) {
    COUNTED(void *, DIOAUDIT_EVENT_REALLOC, size, resize(block, size), NULL);
}

// TRAP: libc's own reallocarray calls realloc, which is ours: one call would be counted twice. Fixture: reallocs.c
INTERPOSED void *reallocarray(void *block, size_t number, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(number, size, &bytes)) {
        count(DIOAUDIT_EVENT_REALLOCARRAY, 0);
        errno = ENOMEM;
        return NULL;
    }
    COUNTED(void *, DIOAUDIT_EVENT_REALLOCARRAY, bytes, resize(block, bytes), NULL);
}

static void release(void *block) {
    if (likely(!next_owns_block(block))) next.free(block);
}

static __attribute__((noinline)) void free_slowly(void *block) {
    struct event_call seen;
    bool is_seen = event_begin(&seen, DIOAUDIT_EVENT_FREE, 0);
    release(block);  // a free that is denied would be a leak, and no failure that the program could see
    if (is_seen) event_end(&seen);
}

INTERPOSED void free(void *block) {
    if (likely(!next_owns_block(block)) && likely(count_plainly(DIOAUDIT_EVENT_FREE, 0))) next.free(block);
    else free_slowly(block);
}

// C23's, which glibc has from 2.41 on: both do what free does.
INTERPOSED void free_sized(void *block, size_t size) {
    (void)size;
    count(DIOAUDIT_EVENT_FREE_SIZED, 0);
    release(block);
}

INTERPOSED void free_aligned_sized(void *block, size_t alignment, size_t size) {
    (void)alignment, (void)size;
    count(DIOAUDIT_EVENT_FREE_ALIGNED_SIZED, 0);
    release(block);
}

INTERPOSED int posix_memalign(void **block, size_t alignment, size_t size) {
    COUNTED(int, DIOAUDIT_EVENT_POSIX_MEMALIGN, size, next.posix_memalign(block, alignment, size), ENOMEM);
}

INTERPOSED void *aligned_alloc(size_t alignment, size_t size) {
    COUNTED(void *, DIOAUDIT_EVENT_ALIGNED_ALLOC, size, next.aligned_alloc(alignment, size), NULL);
}

INTERPOSED void *memalign(size_t alignment, size_t size) {
    COUNTED(void *, DIOAUDIT_EVENT_MEMALIGN, size, next.memalign(alignment, size), NULL);
}

INTERPOSED void *valloc(size_t size) {
    COUNTED(void *, DIOAUDIT_EVENT_VALLOC, size, next.valloc(size), NULL);
}

INTERPOSED void *pvalloc(size_t size) {
    COUNTED(void *, DIOAUDIT_EVENT_PVALLOC, size, next.pvalloc(size), NULL);
}
