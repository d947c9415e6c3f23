// Whether the calling thread's calls, and those of libraries, reach the interposed functions at all.
#define DIOAUDIT_DEFINES_ALLOCATION
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "../base/objects.h"
#include "../phases/phases.h"
#include "../state/context.h"
#include "../tables/next.h"
#include "assertion.h"
#include "bypass.h"
#include "faults.h"
#include "../rules.h"

static char words[320];

static void say(const char *more) {
    strncat(words, more, sizeof(words) - 1 - strlen(words));
}

static const char *file_of(const void *function) {
    const struct link_map *object = objects_find((uintptr_t)function);
    return object && object->l_name && object->l_name[0] ? object->l_name : "the program";
}

// The first of each name is what libraries bind to.
static bool are_ours(const char *names) {
    for (const char *name = names; *name; name += strlen(name) + 1) {
        if (next_is_ours(name)) continue;
        say("calls of ");
        say(name);
        say(" reach ");
        say(file_of(next.dlsym(RTLD_DEFAULT, name)));
        say(" and not dioaudit, which must be linked before it");
        return false;
    }
    return true;
}

static bool names_are_ours(void) {
    return are_ours(next_heap_names) && are_ours(next_other_names) && are_ours(next_life_names);
}

// TRAP: an allocator's own operator new does not call its malloc: those of jemalloc and tcmalloc. Test: AssertionTests, another allocator
static bool news_are_seen(void) {
    if (!next_news_itself) return true;
    say("operator new of ");
    say(file_of((const void *)(uintptr_t)next.malloc));
    say(" may allocate without malloc, and is not counted");
    return false;
}

// TRAP: a sanitizer's strdup and its like allocate by themselves, without malloc. The function is of each that has a heap of its own.
// Test: TestLibraryTests, a sanitizer
extern size_t __sanitizer_get_heap_size(void) __attribute__((weak));

static bool heap_is_libcs(void) {
    if (!__sanitizer_get_heap_size) return true;
    say("a sanitizer allocates by itself, which is not counted: run this without -fsanitize (swift test --sanitize)");
    return false;
}

// libc's strdup, by libc's own tables: another library may have one.
static char *(*libc_strdup)(const char *);

// Behind libc, our library has no next functions at all: they must not be looked up.
static bool libc_is_next(void) {
    const struct link_map *libc = objects_find((uintptr_t)say);
    while (libc && !objects_symbol(libc, "dladdr1")) libc = libc->l_next;
    if (libc) libc_strdup = (char *(*)(const char *))(uintptr_t)objects_symbol(libc, "strdup");
    if (!libc_strdup) say("libdioaudit_test was loaded behind libc, whose functions are called: link it before");
    return libc_strdup != NULL;
}

// TRAP: a child's calls count in its own copy of an assertion, which goes with it. libc forks by internal names, too (daemon). Test:
// TestLibraryTests
static void begin_child(void) {
    assertion_begin_process();
    endings_forget_the_parents();
    phases_unlocked();  // the lock is not inherited
}

static bool forks_are_seen(void) {
    if (pthread_atfork(NULL, assertion_note_child, begin_child) == 0) return true;
    say("there is no memory to note forked processes");
    return false;
}

enum { UNKNOWN, FINDING, NONE, SOME };
static uint32_t known;

static void look_once(void) {
    uint32_t state = UNKNOWN;
    if (!__atomic_compare_exchange_n(&known, &state, FINDING, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
        while (__atomic_load_n(&known, __ATOMIC_ACQUIRE) == FINDING) SYSTEM(SYS_sched_yield);
        return;
    }
    bool sound = libc_is_next() && (next_resolved || next_resolve()) && names_are_ours() && heap_is_libcs() && news_are_seen() && forks_are_seen();
    assertion_begin_process();
    assertion_warm();
    __atomic_store_n(&known, sound ? NONE : SOME, __ATOMIC_RELEASE);
}

// One malloc by libc, and one free by us: both are passed over, since the thread is suspended.
static bool is_counted(void) {
    uint32_t before = context.passed_over;
    free(libc_strdup(""));
    return context.passed_over - before == 2;
}

const char *dioaudit_assertion_obstacle(void) {
    int saved = errno;
    context_suspend();
    if (__atomic_load_n(&known, __ATOMIC_ACQUIRE) < NONE) look_once();
    const char *obstacle = known == SOME ? words : bypass_taken();
    if (!obstacle && !is_counted()) obstacle = "a malloc that libc made was not counted";
    context_resume();
    errno = saved;
    return obstacle;
}
