// C++'s operators. Those of a C++ runtime call malloc, which counts them. Those of an allocator such as jemalloc or tcmalloc
// may call its malloc or not.
#define DIOAUDIT_DEFINES_ALLOCATION
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "../events/counting.h"
#include "../tables/next.h"
#include "../rules.h"

// For each operator: whether the allocator's own calls a counted function.
static struct next_has calls_heap;

static bool is_array(const char *operator) {
    return operator[3] == 'a';  // _Zna, _Zda; not _Znw, _Zdl
}

static bool is_aligned(const char *operator) {
    return strstr(operator, "align_val");
}

// TRAP: a debugging allocator checks that each block is freed by the counterpart of the operator that made it. Test:
// BlindSpotTests, shared allocators
static void *make(const char *operator, size_t size, size_t alignment) {
    if (is_aligned(operator))
        return is_array(operator) ? next._ZnamSt11align_val_t(size, alignment) : next._ZnwmSt11align_val_t(size, alignment);
    return is_array(operator) ? next._Znam(size) : next._Znwm(size);
}

static void drop(const char *operator, void *block, size_t alignment) {
    if (is_aligned(operator) && is_array(operator)) next._ZdaPvSt11align_val_t(block, alignment);
    else if (is_aligned(operator)) next._ZdlPvSt11align_val_t(block, alignment);
    else if (is_array(operator)) next._ZdaPv(block);
    else next._ZdlPv(block);
}

// Whether the functions that make and drop call exist.
static bool can_try(const char *operator) {
    if (!is_aligned(operator)) return next_has._Znam && next_has._ZdaPv && next_has._ZdlPv;
    return next_has._ZnwmSt11align_val_t && next_has._ZnamSt11align_val_t && next_has._ZdlPvSt11align_val_t &&
           next_has._ZdaPvSt11align_val_t;
}

// Tried once, before main: nothing else shows it.
__attribute__((constructor(102))) static void try_operators(void) {
    if (!next_news_itself) return;
    size_t size = 64, alignment = 64;
    const void *tag = &size;
    int saved = errno;
    context_suspend();
#define X(result, name, parameters, arguments)                   \
    if (next_has.name && can_try(#name)) {                       \
        context.passed_over = 0;                                 \
        void *block = next.name arguments;                       \
        calls_heap.name = context.passed_over > 0;               \
        drop(#name, block, alignment);                           \
    }
    INTERPOSED_NEW(X)
#undef X
#define X(result, name, parameters, arguments)                   \
    if (next_has.name && can_try(#name)) {                       \
        void *block = make(#name, size, alignment);              \
        context.passed_over = 0;                                 \
        next.name arguments;                                     \
        calls_heap.name = context.passed_over > 0;               \
    }
    INTERPOSED_DELETE(X)
#undef X
    context_resume();
    (void)tag;
    errno = saved;
}

// For a denied allocation by an operator that must not return null.
static void throw_bad_alloc(void) {
    context_suspend();
    void (*throw)(void) = (void (*)(void))(uintptr_t)next.dlsym(RTLD_DEFAULT, "_ZSt17__throw_bad_allocv");
    context_resume();
    if (throw) throw();
    __builtin_trap();
}

static void *refuse(void) {
    throw_bad_alloc();
    return NULL;
}

// The size that the C++ runtime passes to malloc: 1 for 0.
static size_t asked(size_t size) {
    return size ? size : 1;
}

#define NEW(name, parameters, arguments, event, refusal)                        \
    INTERPOSED void *name parameters {                                          \
        if (likely(!next_news_itself) || calls_heap.name) return next.name arguments;              \
        COUNTED_SLOWLY(void *, event, asked(size), next.name arguments, refusal); \
    }
NEW(_Znwm, (size_t size), (size), DIOAUDIT_EVENT_MALLOC, refuse())
NEW(_Znam, (size_t size), (size), DIOAUDIT_EVENT_MALLOC, refuse())
NEW(_ZnwmRKSt9nothrow_t, (size_t size, const void *tag), (size, tag), DIOAUDIT_EVENT_MALLOC, NULL)
NEW(_ZnamRKSt9nothrow_t, (size_t size, const void *tag), (size, tag), DIOAUDIT_EVENT_MALLOC, NULL)
NEW(_ZnwmSt11align_val_t, (size_t size, size_t alignment), (size, alignment), DIOAUDIT_EVENT_ALIGNED_ALLOC, refuse())
NEW(_ZnamSt11align_val_t, (size_t size, size_t alignment), (size, alignment), DIOAUDIT_EVENT_ALIGNED_ALLOC, refuse())
NEW(_ZnwmSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, const void *tag), (size, alignment, tag),
    DIOAUDIT_EVENT_ALIGNED_ALLOC, NULL)
NEW(_ZnamSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, const void *tag), (size, alignment, tag),
    DIOAUDIT_EVENT_ALIGNED_ALLOC, NULL)

#define X(result, name, parameters, arguments)                                  \
    INTERPOSED result name parameters {                                         \
        if (unlikely(next_news_itself) && !calls_heap.name) count_slowly(DIOAUDIT_EVENT_FREE, 0);          \
        next.name arguments;                                                    \
    }
INTERPOSED_DELETE(X)
#undef X
