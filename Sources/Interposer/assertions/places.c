#include "places.h"

#include <string.h>
#include <sys/mman.h>

#include "../base/system.h"
#include "../state/context.h"
#include "../tables/stack.h"
#include "../rules.h"

// Not the ledger's sites (tables/sites.c): those are of a process and for its life, and an assertion's go with it.
enum { PLACES = 1024, CHAINS = 512 };

struct place {
    uint64_t hash;
    struct dioaudit_cell count;
    uint32_t next;   // in its chain: 1 + index; 0 ends it
    uint32_t ready;  // stored last
    uint8_t event, depth, truncated;
    int32_t tid;
    char thread[DIOAUDIT_NAME];
    uintptr_t frames[DIOAUDIT_FRAMES];
};

struct assertion_sites {
    uint32_t used, chains[CHAINS];
    struct place places[PLACES];
};

// By the system call: a mapping by libc's function would be the test's. Pages of it that nobody needs take no memory.
static struct assertion_sites *map(void) {
    uintptr_t start = (uintptr_t)SYSTEM(SYS_mmap, 0, sizeof(struct assertion_sites), PROT_READ | PROT_WRITE,
                                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return start > -(uintptr_t)DIOAUDIT_PAGE ? NULL : (struct assertion_sites *)start;
}

static struct assertion_sites *mapped(struct assertion_sites **sites) {
    struct assertion_sites *known = __atomic_load_n(sites, __ATOMIC_ACQUIRE);
    if (known) return known;
    // A library may have been unloaded since the last assertion, and another mapped there: its rules are other ones.
    stack_forget();
    struct assertion_sites *ours = map();
    if (!ours || __atomic_compare_exchange_n(sites, &known, ours, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return ours;
    places_free(ours);
    return known;
}

static uint64_t hash_of(const struct stack *stack, enum dioaudit_event event) {
    uint64_t hash = event;
    for (uint32_t frame = 0; frame < stack->depth; frame++) {
        hash = (hash ^ stack->addresses[frame]) * UINT64_C(0x9e3779b97f4a7c15);
        hash ^= hash >> 32;
    }
    return hash;
}

static struct place *find(struct assertion_sites *sites, uint64_t hash) {
    uint32_t index = __atomic_load_n(&sites->chains[hash % CHAINS], __ATOMIC_ACQUIRE);
    while (index && sites->places[index - 1].hash != hash) index = sites->places[index - 1].next;
    return index ? &sites->places[index - 1] : NULL;
}

static struct place *add_place(struct assertion_sites *sites, const struct stack *stack, uint64_t hash, enum dioaudit_event event) {
    uint32_t index = __atomic_load_n(&sites->used, __ATOMIC_RELAXED);
    do if (index == PLACES) return NULL;
    while (!__atomic_compare_exchange_n(&sites->used, &index, index + 1, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    struct place *place = &sites->places[index];
    place->hash = hash;
    place->event = (uint8_t)event;
    place->depth = (uint8_t)stack->depth;
    place->truncated = stack->truncated;
    place->tid = (int32_t)SYSTEM(SYS_gettid);
    system_thread_name(place->thread);
    memcpy(place->frames, stack->addresses, stack->depth * sizeof(place->frames[0]));
    uint32_t *chain = &sites->chains[hash % CHAINS];
    place->next = __atomic_load_n(chain, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(chain, &place->next, index + 1, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED)) {}
    __atomic_store_n(&place->ready, 1, __ATOMIC_RELEASE);
    return place;
}

void places_note(struct assertion_sites **of, enum dioaudit_event event, uint64_t bytes) {
    struct assertion_sites *sites = mapped(of);
    if (!sites) return;
    struct stack stack;
    stack_capture(&stack);
    uint64_t hash = hash_of(&stack, event);
    struct place *place = find(sites, hash);
    if (!place) place = add_place(sites, &stack, hash, event);
    if (!place) return;
    add_shared(&place->count.calls, 1);
    add_shared(&place->count.bytes, bytes);
}

bool places_at(const struct assertion_sites *sites, uint32_t index, struct dioaudit_assertion_site *site) {
    if (!sites || index >= __atomic_load_n(&sites->used, __ATOMIC_ACQUIRE)) return false;
    const struct place *place = &sites->places[index];
    // A handler that left (longjmp) may never have filled it: then it has no events.
    bool ready = __atomic_load_n(&place->ready, __ATOMIC_ACQUIRE);
    *site = (struct dioaudit_assertion_site){
        .count = {place->count.calls, place->count.bytes}, .event = place->event, .depth = ready ? place->depth : 0,
        .tid = place->tid, .truncated = place->truncated, .thread = place->thread, .frames = place->frames};
    return true;
}

void places_free(struct assertion_sites *sites) {
    if (sites) SYSTEM(SYS_munmap, sites, sizeof(*sites));
}
