#include "sites.h"

#include "../base/system.h"
#include "../state/context.h"
#include "../state/faults.h"
#include "../state/identity.h"
#include "../state/ledger.h"
#include "modules.h"
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
    site->owner = ledger_process_index();
    site->tid = stack->tid;
    site->first_transfer = transfer;
    system_thread_name(site->thread);
    for (uint32_t frame = 0; frame < stack->depth; frame++) {
        site->addresses[frame] = stack->addresses[frame];
        site->modules[frame] = modules_find(stack->addresses[frame]);
    }
    __atomic_store_n(&site->ready, 1, __ATOMIC_RELEASE);
}

// The names of modules may lie in pages that were never read: those page faults are ours.
static void fill(struct dioaudit_site *site, const struct stack *stack, enum dioaudit_event event, uint64_t transfer) {
    struct dioaudit_faults before = faults_of_thread();
    describe(site, stack, event, transfer);
    faults_disown(before);
}

// The site with this hash, made if new; null if the table is full. 64 bits of hash stand for the stack: among 256
// sites the chance that two share one is under 2^-49.
static struct dioaudit_site *find(uint64_t hash, bool *is_new) {
    for (uint32_t probe = 0; probe < DIOAUDIT_SITES; probe++) {
        struct dioaudit_site *site = &ledger->sites[(hash + probe) % DIOAUDIT_SITES];
        uint64_t present = 0;
        *is_new = __atomic_compare_exchange_n(&site->hash, &present, hash, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
        if (*is_new || present == hash) return site;
    }
    return NULL;
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

// If the table is full, an event is counted at a site with the same stack of another thread of this process.
static struct dioaudit_site *find_same_stack(uint64_t stack_hash) {
    for (uint32_t i = 0; i < DIOAUDIT_SITES; i++) {
        struct dioaudit_site *site = &ledger->sites[i];
        if (site->ready && site->stack_hash == stack_hash && site->owner == ledger_process_index()) return site;
    }
    return NULL;
}

static void record_elsewhere(uint64_t stack_hash, uint64_t bytes, uint32_t phase) {
    struct dioaudit_site *site = phase == DIOAUDIT_PHASE_STEADY ? find_same_stack(stack_hash) : NULL;
    if (!site) {
        add_shared(&process.record->lost_sites, 1);
        return;
    }
    add_shared(&site->others.calls, 1);
    add_shared(&site->others.bytes, bytes);
}

struct dioaudit_site *sites_record(enum dioaudit_event event, uint64_t bytes, uint32_t phase, uint64_t transfer,
                                   bool *is_first) {
    struct stack stack;
    stack_capture(&stack);
    stack.tid = context.rows ? context.rows->tid : identity_thread();

    uint64_t stack_hash = mix(0, event);
    for (uint32_t frame = 0; frame < stack.depth; frame++) stack_hash = mix(stack_hash, stack.addresses[frame]);
    uint64_t hash = mix(stack_hash, (uint64_t)ledger_process_index() << 32 | (uint32_t)stack.tid);
    if (hash == 0) hash = 1;

    struct dioaudit_site *site = find(hash, is_first);
    if (!site) {
        record_elsewhere(stack_hash, bytes, phase);
        return NULL;
    }
    if (*is_first) {
        site->stack_hash = stack_hash;
        site->interlude = process.interlude;
        site->interlude_from = process.interlude_from;
    }
    settle(site);
    add_cell(phase == DIOAUDIT_PHASE_CLOSED ? &site->closed : &site->steady, bytes);
    if (*is_first) fill(site, &stack, event, transfer);
    return site;
}
