// Libc's own functions (or those of the next library in search order, such as jemalloc), by the names that are interposed.
#ifndef DIOAUDIT_NEXT_H
#define DIOAUDIT_NEXT_H

#include <stdarg.h>
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

// `rest`: what follows a call's argument. Without their flags nobody reads it.
static inline int next_clone(int (*start)(void *), void *stack, int flags, void *argument, va_list rest) {
    pid_t *parent_tid = va_arg(rest, pid_t *);
    void *tls = va_arg(rest, void *);
    pid_t *child_tid = va_arg(rest, pid_t *);
    return next.clone(start, stack, flags, argument, parent_tid, tls, child_tid);
}

// Resolves every name of libc; false while this thread is already doing so. Before that, an entry resolves the table at its
// first call.
bool next_resolve(void);
extern bool next_resolved __attribute__((visibility("hidden")));

// Which of C++'s operators were found at the start: an allocator in C defines fewer than a C++ runtime.
struct next_has {
#define X(result, name, parameters, arguments) bool name;
    INTERPOSED_NEW(X)
    INTERPOSED_DELETE(X)
#undef X
};
extern struct next_has next_has __attribute__((visibility("hidden")));

// Whether the next operator new is of the same allocator as the next malloc: then it may not call malloc.
extern bool next_news_itself __attribute__((visibility("hidden")));

// The names that we took of libc's heap, and of its mappings, locks, files and transfers: each ends in a null, the list in another.
// Inside a test they are those that are defined there.
extern const char next_heap_names[] __attribute__((visibility("hidden"))), next_other_names[] __attribute__((visibility("hidden")));

// Those by which processes, programs and threads begin and end, functions are found, and system calls are made by number; and those
// of libaio and liburing.
extern const char next_life_names[] __attribute__((visibility("hidden"))), next_request_names[] __attribute__((visibility("hidden")));

// Whether the interposer defines this function.
bool next_is_in_ours(const void *function);

// False if an object before the interposer in search order, such as the program itself, defines this interposed name.
bool next_is_ours(const char *name);

// Whether a block is from the pool that serves allocations while the table is being resolved. Such blocks are never reused.
enum { NEXT_POOL = 12 * 1024 };
extern char next_pool[NEXT_POOL] __attribute__((visibility("hidden")));

static inline bool next_owns_block(const void *block) {
    return (uintptr_t)block - (uintptr_t)next_pool < NEXT_POOL;
}

size_t next_block_size(const void *block);

#endif
