#define DIOAUDIT_DEFINES_ALLOCATION
#include "next.h"

#include <dlfcn.h>
#include <link.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "../base/objects.h"
#include "../base/system.h"
#include "../state/context.h"
#include "../rules.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"  // of the stand-ins below, which only have the right shape

// TRAP: dlsym allocates (older glibc: calloc for dlerror's buffer; any program may also wrap dlsym). The allocation calls our
// calloc while dlsym is still looking up the next calloc. This pool serves it. Its blocks are never reused, so a late free of
// one is ignored. Fixture: dlsym-callocs.c
char next_pool[NEXT_POOL] __attribute__((aligned(16)));
static uint64_t pool_used;

static void *pool_malloc(size_t size) {
    uint64_t room = ((uint64_t)size + 31) & ~UINT64_C(15);  // 16 bytes in front keep the size, for realloc
    if (room < size) return NULL;
    uint64_t at = __atomic_fetch_add(&pool_used, room, __ATOMIC_RELAXED);
    if (at + room > sizeof(next_pool)) return NULL;
    memcpy(next_pool + at, &size, sizeof(size));
    return next_pool + at + 16;
}

static void *pool_calloc(size_t count, size_t size) {
    size_t total;
    return __builtin_mul_overflow(count, size, &total) ? NULL : pool_malloc(total);
}

static void *pool_realloc(void *block, size_t size) {
    return block ? NULL : pool_malloc(size);
}

static void pool_free(void *block) {}

size_t next_block_size(const void *block) {
    size_t size;
    memcpy(&size, (const char *)block - 16, sizeof(size));
    return size;
}

// A name that this libc lacks, or that a wrapped dlsym calls while it is looked up, fails with ENOSYS.
#define X(result, name, parameters, arguments) \
    static result missing_##name parameters {  \
        errno = ENOSYS;                        \
        return (result)(intptr_t)-1;           \
    }
INTERPOSED_IN_LIBC(X)
#undef X

// TRAP: other libraries' constructors, and the dynamic linker, call these functions before our constructor has run. So each
// entry starts as a function that resolves the table and then calls through it. Fixture: before-main.c
#define X(result, name, parameters, arguments)                          \
    static result first_##name parameters {                             \
        if (!next_resolve()) return missing_##name arguments;           \
        return next.name arguments;                                     \
    }
INTERPOSED_IN_LIBC(X)
#undef X

// TRAP: libaio and liburing may be loaded by dlopen(RTLD_LOCAL), where RTLD_NEXT cannot see them although their
// callers bind to us. They are found by file name at the first call.
static __attribute__((noinline)) void *find_in(const char *library, const char *name) {
    int saved = errno;
    context_suspend();
    void *found = next.dlsym(RTLD_NEXT, name);
    if (!found) {
        void *handle = dlopen(library, RTLD_LAZY | RTLD_NOLOAD);
        if (handle) found = next.dlsym(handle, name);
    }
    context_resume();
    errno = saved;
    return found;
}

#define FIRST_IN(library, result, name, parameters, arguments)             \
    static result first_##name parameters {                                \
        void *found = find_in(library, #name);                             \
        if (!found) return (result)-ENOSYS;                                \
        next.name = (result(*) parameters)(uintptr_t)found;                \
        return next.name arguments;                                        \
    }
#define X(result, name, parameters, arguments) FIRST_IN("libaio.so.1", result, name, parameters, arguments)
INTERPOSED_LIBAIO(X)
#undef X
#define X(result, name, parameters, arguments) FIRST_IN("liburing.so.2", result, name, parameters, arguments)
INTERPOSED_LIBURING(X)
#undef X

// The same for C++'s operators if no C++ runtime was loaded at the start.
static __attribute__((noinline)) void *find_operator(const char *name) {
    void *found = find_in("libstdc++.so.6", name);
    if (!found) found = find_in("libc++abi.so.1", name);
    if (!found) __builtin_trap();
    return found;
}

#define X(result, name, parameters, arguments)                               \
    static result first_##name parameters {                                  \
        next.name = (result(*) parameters)(uintptr_t)find_operator(#name);   \
        return next.name arguments;                                          \
    }
INTERPOSED_NEW(X)
INTERPOSED_DELETE(X)
#undef X

#define X(result, name, parameters, arguments) .name = first_##name,
struct next next = {INTERPOSED_IN_LIBC(X) INTERPOSED_LIBAIO(X) INTERPOSED_LIBURING(X) INTERPOSED_NEW(X)
                        INTERPOSED_DELETE(X)};
#undef X

bool next_news_itself, next_resolved;
struct next_has next_has;

static void use_pool(void) {
    next.malloc = pool_malloc;
    next.calloc = pool_calloc;
    next.realloc = pool_realloc;
    next.free = pool_free;
}

// Not inlined: it stands for each name of the list, and all our code takes locked memory.
static __attribute__((noinline)) uintptr_t find_or(const char *name, uintptr_t otherwise) {
    void *function = next.dlsym(RTLD_NEXT, name);
    return function ? (uintptr_t)function : otherwise;
}

// TRAP: dlsym allocates for a name that it does not find. The pool serves this, since the first block of libc's heap takes 132
// KiB. If the program has a malloc of its own that calls our mmap, the rest of the table must be resolved by then.
// Test: BlindSpotTests, static allocators
static void resolve_operators(const struct next *found) {
    next = *found;
    use_pool();
    bool any = next.dlsym(RTLD_NEXT, "_Znwm") != NULL;
#define X(result, name, parameters, arguments)                                    \
    {                                                                             \
        uintptr_t function = any ? find_or(#name, 0) : 0;                         \
        if (function) next.name = (result(*) parameters)function;                 \
        next_has.name = function != 0;                                            \
    }
    INTERPOSED_NEW(X)
    INTERPOSED_DELETE(X)
#undef X
    next_news_itself = objects_find((uintptr_t)next._Znwm) == objects_find((uintptr_t)found->malloc);
    next.malloc = found->malloc;
    next.calloc = found->calloc;
    next.realloc = found->realloc;
    next.free = found->free;
}

#define NAME(result, name, parameters, arguments) #name "\0"
const char next_heap_names[] = INTERPOSED_HEAP(NAME);
#ifdef DIOAUDIT_IN_PROCESS
const char next_other_names[] = INTERPOSED_MAPPINGS(NAME) INTERPOSED_LOCKING(NAME);
const char next_life_names[] = INTERPOSED_LOADING(NAME) INTERPOSED_IN_TEST(NAME) "pthread_create\0thrd_create\0clone\0";
const char next_request_names[] = "";
#else
const char next_other_names[] =
    INTERPOSED_MAPPINGS(NAME) INTERPOSED_LOCKING(NAME) INTERPOSED_FILES(NAME) INTERPOSED_TRANSFERS(NAME);
const char next_life_names[] = INTERPOSED_IMAGES(NAME) INTERPOSED_LOADING(NAME) INTERPOSED_DIRECT(NAME) INTERPOSED_LIFE(NAME);
const char next_request_names[] = INTERPOSED_LIBAIO(NAME) INTERPOSED_LIBURING(NAME);
#endif

bool next_is_in_ours(const void *function) {
    return objects_is_ours((uintptr_t)function);
}

// TRAP: a program that is not position-independent and takes a function's address has a PLT entry of that name, which only
// jumps on: the symbol there is undefined. Fixture: takes-addresses.c
static bool jumps_on(const void *function) {
    Dl_info info;
    const ElfW(Sym) *symbol = NULL;
    return dladdr1(function, &info, (void **)(uintptr_t)&symbol, RTLD_DL_SYMENT) && symbol &&
           symbol->st_shndx == SHN_UNDEF;
}

bool next_is_ours(const char *name) {
    const void *function = next.dlsym(RTLD_DEFAULT, name);
    return !function || next_is_in_ours(function) || jumps_on(function);
}

// TRAP: dlsym and dlvsym are interposed, here and perhaps by a library behind us: libc's own are in its tables. Nobody wraps dladdr1.
// Their allocations may reach a malloc of the program, which calls dlsym in turn. Fixture: dlsym-callocs.c
static void find_lookups(void) {
    const struct link_map *libc = objects_find((uintptr_t)next_resolve);
    while (libc && !objects_symbol(libc, "dladdr1")) libc = libc->l_next;
    if (!libc) __builtin_trap();
    next.dlsym = (void *(*)(void *, const char *))(uintptr_t)objects_symbol(libc, "dlsym");
    next.dlvsym = (void *(*)(void *, const char *, const char *))(uintptr_t)objects_symbol(libc, "dlvsym");
}

static THREAD_LOCAL bool resolving;

bool next_resolve(void) {
    if (resolving) return false;
    resolving = true;
    int saved = errno;
    context_suspend();

    find_lookups();
    struct next found = next;
    use_pool();
#define X(result, name, parameters, arguments) \
    found.name = (result(*) parameters)find_or(#name, (uintptr_t)missing_##name);
    INTERPOSED_IN_LIBC(X)
#undef X
    resolve_operators(&found);
    next_resolved = true;

    context_resume();
    errno = saved;
    resolving = false;
    return true;
}
