// Libc's own functions (or those of the next library in line, such as jemalloc), by the names we took from them.
#ifndef DIOAUDIT_NEXT_H
#define DIOAUDIT_NEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "../interposed.h"

#define X(result, name, parameters, arguments) result(*name) parameters;
struct next {
    INTERPOSED_IN_LIBC(X)
    INTERPOSED_LIBAIO(X)
    INTERPOSED_LIBURING(X)
    INTERPOSED_NEW(X)
    INTERPOSED_DELETE(X)
};
#undef X

extern struct next next __attribute__((visibility("hidden")));

// Resolves every name of libc; false while this thread is doing so already. Until then each entry resolves the
// table when first called.
bool next_resolve(void);
extern bool next_resolved __attribute__((visibility("hidden")));

// Which of C++'s operators there were at the start: an allocator in C has fewer of its own than a C++ runtime.
struct next_has {
#define X(result, name, parameters, arguments) bool name;
    INTERPOSED_NEW(X)
    INTERPOSED_DELETE(X)
#undef X
};
extern struct next_has next_has __attribute__((visibility("hidden")));

// Whether the next operator new is that of the allocator which has the next malloc: it need not call malloc then.
extern bool next_news_itself __attribute__((visibility("hidden")));

// Whether this function is one of ours.
bool next_is_in_ours(const void *function);

// False if an object that comes before us, such as the program itself, has the function that we took from libc.
bool next_is_ours(const char *name);

// Whether a block came from the pool that serves allocations made while the table is being resolved. Such blocks
// are never given back.
enum { NEXT_POOL = 16 * 1024 };
extern char next_pool[NEXT_POOL] __attribute__((visibility("hidden")));

static inline bool next_owns_block(const void *block) {
    return (uintptr_t)block - (uintptr_t)next_pool < NEXT_POOL;
}

size_t next_block_size(const void *block);

#endif
