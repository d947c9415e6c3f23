// A library that wraps malloc, and allocates for itself by the malloc behind its own.
// Flags: -fno-builtin-malloc -fsemantic-interposition
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

static void *(*find(void))(size_t) {
    static void *(*next)(size_t);
    if (!next) next = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
    return next;
}

__attribute__((noinline)) void *malloc(size_t size) {
    return find()(size);
}

void *allocate_as_all(size_t size) {
    return malloc(size);
}

void *allocate(size_t size) {
    return find()(size);
}
