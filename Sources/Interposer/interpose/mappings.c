// Mappings and the program break. libc maps memory for itself by internal names, which is not seen here.
#define DIOAUDIT_DEFINES_ALLOCATION
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../events/counting.h"
#include "../phases/memory.h"
#include "../tables/next.h"
#include "../rules.h"

// TRAP: a call is counted before it is made. Where another thread begins the steady phase between, the kernel sees there what
// counts as warm-up's. The thread's rows say so: no other call may stand for it. Test:
// VerdictTests, a call that straddles the steady point
static bool comes_early(void) {
    return !context_is_strict(process.phase) && !context.own_phase;
}

static void note_straddling(bool early, enum dioaudit_event event) {
    bool straddles = early && context.rows && __atomic_load_n(&process.next_phase, __ATOMIC_RELAXED) == DIOAUDIT_PHASE_STEADY;
    if (unlikely(straddles)) add(&context.rows->straddling[event], 1);
}

#define MAPPING(type, event, bytes, call, refusal)                                                          \
    do {                                                                                                    \
        bool early = comes_early();                                                                         \
        struct event_call seen = {0};                                                                       \
        if (!count_plainly(event, bytes) && !event_begin(&seen, event, bytes)) return refusal;              \
        type result = call;                                                                                 \
        event_end(&seen);                                                                                   \
        note_straddling(early, event);                                                                      \
        return result;                                                                                      \
    } while (0)

// Calls that take pages away from a range. Fixture: gives-back-and-fills.c
static int unmap(void *at, size_t length) {
    struct memory_pages before = memory_in(at, length);
    int result = next.munmap(at, length);
    memory_gave_back(before, memory_in(at, length));
    return result;
}

static void *map_over(__typeof(next.mmap) map, void *at, size_t length, int protection, int flags, int fd, off_t offset) {
    struct memory_pages before = {0};
    if (flags & MAP_FIXED) before = memory_in(at, length);
    void *result = map(at, length, protection, flags, fd, offset);
    if (result != MAP_FAILED) memory_gave_back(before, (struct memory_pages){.mapped = before.mapped});
    return result;
}

// Perf's records of mappings show no call that maps nothing, so that none may stand for another call there.
// Fixture: maps-beside-idle-calls.c
static void *map_noting(__typeof(next.mmap) map, void *at, size_t length, int protection, int flags, int fd, off_t offset) {
    void *result = map_over(map, at, length, protection, flags, fd, offset);
    if (unlikely(result == MAP_FAILED)) count_more(DIOAUDIT_IDLE_MMAP);
    return result;
}

static uintptr_t pages_to_break(void) {
    return ((uintptr_t)next.sbrk(0) + DIOAUDIT_PAGE - 1) / DIOAUDIT_PAGE;
}

static void note_break(uintptr_t pages_before) {
    if (pages_to_break() <= pages_before) count_more(DIOAUDIT_IDLE_BRK);
}

static int move_break(void *end) {
    uintptr_t before = pages_to_break();
    int result = next.brk(end);
    note_break(before);
    return result;
}

static void *move_break_by(intptr_t increment) {
    uintptr_t before = pages_to_break();
    void *result = next.sbrk(increment);
    note_break(before);
    return result;
}

// TRAP: libc refuses an offset inside a page by itself (mmap(2), EINVAL). The kernel sees no such call, so it is none, and stands
// for no other. Fixture: maps-then-is-refused.c
#define MMAP(name)                                                                                              \
    INTERPOSED void *name(void *at, size_t length, int protection, int flags, int fd, off_t offset) {           \
        if (unlikely(offset % DIOAUDIT_PAGE != 0)) return next.name(at, length, protection, flags, fd, offset); \
        MAPPING(void *, DIOAUDIT_EVENT_MMAP, length,                                                            \
                map_noting(next.name, at, length, protection, flags, fd, offset), MAP_FAILED);                    \
    }
MMAP(mmap)
MMAP(mmap64)
#undef MMAP

INTERPOSED int munmap(void *at, size_t length) {
    MAPPING(int, DIOAUDIT_EVENT_MUNMAP, length, unmap(at, length), -1);
}

INTERPOSED void *mremap(void *old, size_t old_length, size_t length, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    void *at = va_arg(rest, void *);  // the kernel reads it only with MREMAP_FIXED
    va_end(rest);
    MAPPING(void *, DIOAUDIT_EVENT_MREMAP, length, next.mremap(old, old_length, length, flags, at), MAP_FAILED);
}

INTERPOSED int brk(void *end) {
    MAPPING(int, DIOAUDIT_EVENT_BRK, 0, move_break(end), -1);
}

// libc refuses to move the break below address 0 by itself, as mmap above.
static bool is_below_zero(intptr_t increment) {
    return increment < 0 && (uintptr_t)next.sbrk(0) < -(uintptr_t)increment;
}

INTERPOSED void *sbrk(intptr_t increment) {
    if (increment == 0 || unlikely(is_below_zero(increment))) return next.sbrk(increment);  // the first only reads the break
    uint64_t bytes = increment > 0 ? (uint64_t)increment : 0;
    MAPPING(void *, DIOAUDIT_EVENT_SBRK, bytes, move_break_by(increment), (void *)-1);
}

INTERPOSED int madvise(void *at, size_t length, int advice) {
    count(DIOAUDIT_EVENT_MADVISE, length);
    if (advice == MADV_COLLAPSE) count_more(DIOAUDIT_COLLAPSE);
    if (memory_is_only_marked(advice)) return next.madvise(at, length, advice);
    struct memory_pages before = memory_in(at, length);
    int result = next.madvise(at, length, advice);
    memory_gave_back(before, memory_in(at, length));
    return result;
}

// Mostly of another process, so that it is no event. Since Linux 6.13 it takes any advice of one's own memory.
INTERPOSED ssize_t process_madvise(int pidfd, const struct iovec *ranges, size_t count, int advice, unsigned flags) {
    if (advice == MADV_COLLAPSE) count_more(DIOAUDIT_COLLAPSE);
    if (!memory_is_only_marked(advice)) memory_lost_sight();
    return next.process_madvise(pidfd, ranges, count, advice, flags);
}
