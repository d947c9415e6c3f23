#define DIOAUDIT_DEFINES_ALLOCATION
#include "assertion.h"

#include <link.h>
#include <string.h>

#include "../base/objects.h"
#include "../base/system.h"
#include "../state/context.h"
#include "../tables/next.h"
#include "places.h"
#include "../rules.h"

static THREAD_LOCAL struct assertion_entry *innermost;

void assertion_note(enum dioaudit_event event, uint64_t bytes) {
    if (unlikely(context.suspended)) {
        context.passed_over++;
        return;
    }
    for (struct assertion_entry *entry = innermost; unlikely(entry); entry = entry->outer) {
        struct dioaudit_assertion *assertion = entry->assertion;
        add_shared(&assertion->cells[event].calls, 1);
        add_shared(&assertion->cells[event].bytes, bytes);
        if (assertion->kinds >> event & 1) places_note(&assertion->sites, event, bytes);
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

static void enter(struct assertion_entry *entry, struct dioaudit_assertion *assertion) {
    entry->assertion = assertion;
    entry->outer = innermost;
    // A signal handler of this thread may allocate: the entry is whole before it can be seen.
    __atomic_signal_fence(__ATOMIC_RELEASE);
    innermost = entry;
    context.regions = 1;  // its events take the slow path, as in a region
}

// A jump (longjmp) may have left others inside this one without their end.
static void leave(const struct assertion_entry *entry) {
    for (struct assertion_entry *in = innermost; in; in = in->outer)
        if (in == entry) innermost = in->outer;
    context.regions = innermost != NULL;
}

dioaudit_assertion *dioaudit_assertion_make(uint64_t kinds) {
    context_suspend();
    struct dioaudit_assertion *assertion = next.calloc(1, sizeof(*assertion));
    if (assertion) assertion->kinds = kinds;
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
    context_suspend();
}

void dioaudit_assertion_resume(void) {
    context_resume();
}

struct dioaudit_assertion_count dioaudit_assertion_counted(const dioaudit_assertion *assertion, uint32_t event) {
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
    static const char *const keys[] = {DIOAUDIT_EVENTS(X)};
#undef X
    return event < DIOAUDIT_EVENT_COUNT ? keys[event] : NULL;
}

bool dioaudit_assertion_module(uintptr_t address, const char **path, uintptr_t *bias) {
    const struct link_map *object = objects_find(address);
    if (!object) return false;
    *path = object->l_name && object->l_name[0] ? object->l_name : "/proc/self/exe";
    *bias = object->l_addr;
    return true;
}
