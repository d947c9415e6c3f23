#include "sites.h"

#include "../base/system.h"
#include "../state/context.h"
#include "../state/faults.h"
#include "../state/identity.h"
#include "../state/ledger.h"
#include "modules.h"
#include "site_memory.h"
#include "stack.h"
#include "../rules.h"

static uint64_t mix(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

static void describe(struct dioaudit_site *site, const struct stack *stack, enum dioaudit_event event, uint64_t transfer) {
    site->event = (uint8_t)event;
    site->depth = (uint8_t)stack->depth;
    site->truncated = stack->truncated;
    site->tid = stack->tid;
    site->first_transfer = transfer;
    system_thread_name(site->thread);
    for (uint32_t frame = 0; frame < stack->depth; frame++)
        site->frames[frame] =
            stack->addresses[frame] | (uint64_t)modules_find(stack->addresses[frame]) << DIOAUDIT_ADDRESS_BITS;
    __atomic_store_n(&site->ready, 1, __ATOMIC_RELEASE);
}

// The names of modules may lie in pages that were never read: those page faults are ours.
static void fill(struct dioaudit_site *site, const struct stack *stack, enum dioaudit_event event, uint64_t transfer) {
    struct dioaudit_faults before = faults_of_thread();
    describe(site, stack, event, transfer);
    faults_disown(before);
}

static struct dioaudit_site *take(const struct dioaudit_site *wanted, uint32_t *place) {
    struct dioaudit_site *site = site_memory_take(wanted->capacity, place);
    if (!site) return NULL;
    site->hash = wanted->hash;
    site->stack_hash = wanted->stack_hash;
    site->owner = wanted->owner;
    site->capacity = wanted->capacity;
    site->interlude = process.interlude;
    site->interlude_from = process.interlude_from;
    return site;
}

// The site with the wanted hash, made if new. Null if there is no memory for it: `same` then is a site of the same stack in another
// thread of this process, if there is one. 64 bits of hash stand for the stack: among 100,000 sites the chance that two share one
// is under 2^-30.
static struct dioaudit_site *find(const struct dioaudit_site *wanted, bool *is_new, struct dioaudit_site **same) {
    uint32_t *link = &ledger->chains[wanted->stack_hash % DIOAUDIT_CHAINS];
    struct dioaudit_site *ours = NULL;  // left unused if a signal handler on this thread was first
    uint32_t our_place = 0;
    for (;;) {
        uint32_t place = __atomic_load_n(link, __ATOMIC_ACQUIRE);
        if (place == 0) {
            if (!ours && !(ours = take(wanted, &our_place))) return NULL;
            *is_new = __atomic_compare_exchange_n(link, &place, our_place, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
            if (*is_new) return ours;
        }
        struct dioaudit_site *site = site_memory_at(place);
        if (!site) return NULL;
        if (site->hash == wanted->hash) return site;
        if (site->stack_hash == wanted->stack_hash && site->owner == wanted->owner) *same = site;
        link = &site->next;
    }
}

static void add_cell(struct dioaudit_cell *cell, uint64_t bytes) {
    add(&cell->calls, 1);
    add(&cell->bytes, bytes);
}

// Events in an interlude that has ended belong to the phase that it interrupted: the steady phase, or a phase that is not
// judged. A program that reopens its file for each transfer has thousands of interludes.
static void settle(struct dioaudit_site *site) {
    uint32_t current = process.interlude;
    if (likely(site->interlude == current)) return;
    uint64_t calls = __atomic_exchange_n(&site->closed.calls, 0, __ATOMIC_RELAXED);
    uint64_t bytes = __atomic_exchange_n(&site->closed.bytes, 0, __ATOMIC_RELAXED);
    if (site->interlude_from == DIOAUDIT_PHASE_STEADY) {
        add(&site->steady.calls, calls);
        add(&site->steady.bytes, bytes);
    }
    site->interlude = current;
    site->interlude_from = process.interlude_from;
}

// Without memory for its site, an event is counted at the same stack's site of another thread.
static void record_elsewhere(struct dioaudit_site *same, uint64_t bytes, uint32_t phase) {
    if (!same || phase != DIOAUDIT_PHASE_STEADY) {
        add_shared(&process.record->lost_sites, 1);
        return;
    }
    add_shared(&same->others.calls, 1);
    add_shared(&same->others.bytes, bytes);
}

struct dioaudit_site *sites_record(enum dioaudit_event event, uint64_t bytes, uint32_t phase, uint64_t transfer,
                                   bool *is_first) {
    struct stack stack;
    stack_capture(&stack);
    stack.tid = context.rows ? context.rows->tid : identity_thread();

    struct dioaudit_site wanted = {.owner = ledger_process_index(), .capacity = stack.depth};
    wanted.stack_hash = mix(0, event);
    for (uint32_t frame = 0; frame < stack.depth; frame++)
        wanted.stack_hash = mix(wanted.stack_hash, stack.addresses[frame]);
    wanted.hash = mix(wanted.stack_hash, (uint64_t)wanted.owner << 32 | (uint32_t)stack.tid);

    *is_first = false;
    struct dioaudit_site *same = NULL;
    struct dioaudit_site *site = find(&wanted, is_first, &same);
    if (!site) {
        record_elsewhere(same, bytes, phase);
        return NULL;
    }
    settle(site);
    add_cell(phase == DIOAUDIT_PHASE_CLOSED ? &site->closed : &site->steady, bytes);
    site->last_transfer = transfer;
    if (*is_first) fill(site, &stack, event, transfer);
    return site;
}
