#define DIOAUDIT_DEFINES_ALLOCATION
#include "assertion.h"

#include <link.h>
#include <string.h>

#include "../base/objects.h"
#include "../base/system.h"
#include "../state/context.h"
#include "../tables/next.h"
#include "faults.h"
#include "lock.h"
#include "places.h"
#include "../rules.h"

static THREAD_LOCAL struct assertion_entry *innermost;

static void note_place(struct dioaudit_assertion *assertion, enum dioaudit_event event, uint64_t bytes) {
    struct dioaudit_faults before = faults_of_thread();
    places_note(&assertion->sites, event, bytes);
    faults_disown(before);
}

void assertion_note(enum dioaudit_event event, uint64_t bytes) {
    if (unlikely(context.suspended)) {
        context.passed_over++;
        return;
    }
    for (struct assertion_entry *entry = innermost; unlikely(entry); entry = entry->outer) {
        struct dioaudit_assertion *assertion = entry->assertion;
        add_shared(&assertion->cells[event].calls, 1);
        add_shared(&assertion->cells[event].bytes, bytes);
        if (assertion->kinds >> event & 1) note_place(assertion, event, bytes);
    }
}

void assertion_note_thread(void) {
    if (unlikely(context.suspended)) return;
    for (struct assertion_entry *entry = innermost; entry; entry = entry->outer) add_shared(&entry->assertion->threads, 1);
}

void assertion_note_child(void) {
    if (unlikely(context.suspended)) return;
    for (struct assertion_entry *entry = innermost; entry; entry = entry->outer) add_shared(&entry->assertion->children, 1);
}

static bool judges_faults(const struct dioaudit_assertion *assertion, enum lock_state lock) {
    return assertion->mode == DIOAUDIT_ASSERTION_FAULTS_FORBIDDEN ||
           (assertion->mode == DIOAUDIT_ASSERTION_FAULTS_IF_LOCKED && lock == LOCK_FUTURE);
}

static void note(uint32_t *field, uint32_t bits) {
    if (bits & ~__atomic_load_n(field, __ATOMIC_RELAXED)) __atomic_fetch_or(field, bits, __ATOMIC_RELAXED);
}

static void enter(struct assertion_entry *entry, struct dioaudit_assertion *assertion) {
    enum lock_state lock = lock_state();
    entry->assertion = assertion;
    entry->judges_faults = judges_faults(assertion, lock);
    entry->outer = innermost;
    // A signal handler of this thread may allocate: the entry is whole before it can be seen.
    __atomic_signal_fence(__ATOMIC_RELEASE);
    innermost = entry;
    context.regions = 1;  // its events take the slow path, as in a region
    note(&assertion->lock, lock);
    if (!entry->judges_faults) return;
    note(&assertion->judges_faults, 1);
    assertion_faults_want(true);
    entry->edge = faults_of_thread();
}

static void charge_faults(const struct assertion_entry *entry) {
    struct dioaudit_faults now = faults_of_thread();
    struct dioaudit_assertion *assertion = entry->assertion;
    if (assertion_faults_refused()) {
        note(&assertion->faults_refused, 1);
        return;
    }
    add_shared(&assertion->faults.minor, now.minor - entry->edge.minor);
    add_shared(&assertion->faults.major, now.major - entry->edge.major);
}

// A jump (longjmp) may have left others inside this one without their end.
static void leave(const struct assertion_entry *entry) {
    if (unlikely(entry->judges_faults)) charge_faults(entry);
    if (unlikely(lock_state() != LOCK_FUTURE) && entry->assertion->lock & LOCK_FUTURE) note(&entry->assertion->lock_lost, 1);
    for (struct assertion_entry *in = innermost; in; in = in->outer)
        if (in == entry) innermost = in->outer;
    context.regions = innermost != NULL;
    bool wanted = false;
    for (struct assertion_entry *in = innermost; in; in = in->outer) wanted |= in->judges_faults;
    assertion_faults_want(wanted);
}

void assertion_warm(void) {
    struct dioaudit_assertion assertion = {.mode = DIOAUDIT_ASSERTION_FAULTS_FORBIDDEN};
    dioaudit_assertion_begin(&assertion);
    dioaudit_assertion_end(&assertion);
}

dioaudit_assertion *dioaudit_assertion_make(uint64_t kinds, enum dioaudit_assertion_faults mode) {
    context_suspend();
    struct dioaudit_assertion *assertion = next.malloc(sizeof(*assertion));
    // All of it is touched here: calloc may give pages that are not there yet.
    if (assertion) {
        memset(assertion, 0, sizeof(*assertion));
        assertion->kinds = kinds;
        assertion->mode = mode;
    }
    context_resume();
    return assertion;
}

void dioaudit_assertion_free(dioaudit_assertion *assertion) {
    context_suspend();
    places_free(assertion->sites);
    next.free(assertion);
    context_resume();
}

void dioaudit_assertion_begin(dioaudit_assertion *assertion) {
    enter(&assertion->entry, assertion);
}

void dioaudit_assertion_end(dioaudit_assertion *assertion) {
    leave(&assertion->entry);
}

void dioaudit_assertion_run(dioaudit_assertion *assertion, void (*work)(void *), void *argument) {
    struct assertion_entry entry;
    enter(&entry, assertion);
    work(argument);
    leave(&entry);
}

bool dioaudit_assertion_is_in(const dioaudit_assertion *assertion) {
    for (const struct assertion_entry *in = innermost; in; in = in->outer)
        if (in->assertion == assertion) return true;
    return false;
}

void dioaudit_assertion_suspend(void) {
    if (!context.suspended) assertion_faults_suspend();
    context_suspend();
}

void dioaudit_assertion_resume(void) {
    context_resume();
    if (!context.suspended) assertion_faults_resume();
}

// The two kinds of page faults follow the events.
enum { FAULTS_MINOR = DIOAUDIT_EVENT_COUNT, FAULTS_MAJOR, KINDS };

// Whether page faults were to be counted.
static bool judged_faults(const struct dioaudit_assertion *assertion) {
    return __atomic_load_n(&assertion->judges_faults, __ATOMIC_RELAXED);
}

bool dioaudit_assertion_leaves_faults(const dioaudit_assertion *assertion) {
    return assertion->mode == DIOAUDIT_ASSERTION_FAULTS_IF_LOCKED && !judged_faults(assertion);
}

bool dioaudit_assertion_knows_faults(const dioaudit_assertion *assertion) {
    return judged_faults(assertion) && !assertion->faults_refused;
}

#define OR_ALLOW "; or allow page faults, and the rest is judged"

const char *dioaudit_assertion_faults_unseen(const dioaudit_assertion *assertion) {
    if (assertion->mode == DIOAUDIT_ASSERTION_FAULTS_ALLOWED) return NULL;
    if (assertion->faults_refused)
        return "its page faults are not known, since getrusage(2) was refused: allow it in the filter (seccomp(2))" OR_ALLOW;
    if (assertion->lock & LOCK_REFUSED_FLAGS)
        return "mlockall failed (EINVAL), and the memory is not locked: its flags must be MCL_CURRENT, MCL_FUTURE or both, and "
               "MCL_ONFAULT only with one of them" OR_ALLOW;
    if (assertion->lock & LOCK_FAILED)
        return "mlockall failed, and the memory is not locked: raise RLIMIT_MEMLOCK (ulimit -l)" OR_ALLOW;
    if (assertion->lock & LOCK_CURRENT)
        return "the memory was locked without MCL_FUTURE, and new mappings are not: call mlockall(MCL_CURRENT | MCL_FUTURE)" OR_ALLOW;
    if (assertion->lock_lost)
        return "the memory lock was released while it ran: call munlockall when it has ended" OR_ALLOW;
    return NULL;
}

uint32_t dioaudit_assertion_lock(const dioaudit_assertion *assertion) {
    return assertion->lock == LOCK_FUTURE && !assertion->lock_lost ? lock_flags() : 0;
}

struct dioaudit_assertion_count dioaudit_assertion_counted(const dioaudit_assertion *assertion, uint32_t event) {
    if (event >= DIOAUDIT_EVENT_COUNT) {
        const uint64_t *faults = event == FAULTS_MINOR ? &assertion->faults.minor : &assertion->faults.major;
        return (struct dioaudit_assertion_count){__atomic_load_n(faults, __ATOMIC_RELAXED), 0};
    }
    const struct dioaudit_cell *cell = &assertion->cells[event];
    return (struct dioaudit_assertion_count){
        __atomic_load_n(&cell->calls, __ATOMIC_RELAXED), __atomic_load_n(&cell->bytes, __ATOMIC_RELAXED)};
}

uint64_t dioaudit_assertion_threads(const dioaudit_assertion *assertion) {
    return __atomic_load_n(&assertion->threads, __ATOMIC_RELAXED);
}

bool dioaudit_assertion_site(const dioaudit_assertion *assertion, uint32_t index, struct dioaudit_assertion_site *site) {
    return places_at(assertion->sites, index, site);
}

uint64_t dioaudit_assertion_children(const dioaudit_assertion *assertion) {
    return __atomic_load_n(&assertion->children, __ATOMIC_RELAXED);
}

const char *dioaudit_assertion_key(uint32_t event) {
#define X(identifier, key) key,
    static const char *const keys[] = {DIOAUDIT_EVENTS(X) "pageFaultMinor", "pageFaultMajor"};
#undef X
    return event < KINDS ? keys[event] : NULL;
}

bool dioaudit_assertion_module(uintptr_t address, const char **path, uintptr_t *bias) {
    const struct link_map *object = objects_find(address);
    if (!object) return false;
    *path = object->l_name && object->l_name[0] ? object->l_name : "/proc/self/exe";
    *bias = object->l_addr;
    return true;
}
