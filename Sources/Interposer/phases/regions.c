#include "regions.h"

#include <string.h>

#include "../base/clock.h"
#include "../base/system.h"
#include "../state/context.h"
#include "../state/faults.h"
#include "../state/ledger.h"
#include "../tables/edges.h"
#include "../rules.h"

enum { FILLING = 1, READY = 2, DEPTH = sizeof(context.region) / sizeof(context.region[0]), UNLISTED = 0xff };

_Static_assert(DIOAUDIT_REGIONS < UNLISTED, "an index fits a byte");

static bool is_named(const struct dioaudit_region *region, const char *name, bool allows) {
    return region->allows == allows && strncmp(region->name, name, DIOAUDIT_REGION_NAME - 1) == 0;
}

static bool is_ours(uint8_t index) {
    return index != UNLISTED && ledger->regions[index].owner == ledger_process_index();
}

// The ledger's region of this name, made if new; UNLISTED if the table is full.
static uint8_t find(const char *name, bool allows) {
    for (uint8_t i = 0; i < DIOAUDIT_REGIONS; i++) {
        struct dioaudit_region *region = &ledger->regions[i];
        uint32_t state = 0;
        if (__atomic_compare_exchange_n(&region->state, &state, FILLING, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
            region->owner = ledger_process_index();
            region->allows = allows;
            strncpy(region->name, name, DIOAUDIT_REGION_NAME - 1);
            __atomic_store_n(&region->state, READY, __ATOMIC_RELEASE);
            return i;
        }
        // A record that another thread is filling may be of the same name: then there are two, and the host adds them.
        if (state == READY && is_ours(i) && is_named(region, name, allows)) return i;
    }
    return UNLISTED;
}

static void begin_allowed(void) {
    context.allowed_from = process.phase == DIOAUDIT_PHASE_STEADY ? process.interlude + 1 : 0;
    context.allowed_edge = faults_of_thread();
    edges_note_allowed(DIOAUDIT_ALLOWS_BEGIN, clock_now());
}

// Page faults of a region are allowed if the steady phase lasted, without an interlude, for the whole region. Else they stay
// with the phase that they happened in.
static void end_allowed(void) {
    bool whole = process.phase == DIOAUDIT_PHASE_STEADY && context.allowed_from == process.interlude + 1;
    if (whole && !context.own_phase) faults_move(context.allowed_edge, DIOAUDIT_PHASE_ALLOWED);
    edges_note_allowed(DIOAUDIT_ALLOWS_END, clock_now());
}

// The addresses of the regions' names, as the program passed them first.
static const char *names_read[DIOAUDIT_REGIONS];

static bool has_been_read(const char *name) {
    for (uint8_t i = 0; i < DIOAUDIT_REGIONS; i++)
        if (names_read[i] == name) return true;
    return false;
}

// TRAP: a name may lie in a page that was never read, and the page fault would count as the subject's. Fixture:
// marker-allow-forks.c
static uint8_t find_quietly(const char *name, bool allows) {
    if (likely(has_been_read(name))) return find(name, allows);
    struct dioaudit_faults before = faults_of_thread();
    uint8_t index = find(name, allows);
    if (index != UNLISTED) names_read[index] = name;
    faults_disown(before);
    return index;
}

// Finds the ledger's region of this name, and counts one more beginning.
static uint8_t enter(const char *name, bool allows) {
    uint8_t index = find_quietly(name, allows);
    if (index == UNLISTED || context.regions >= DEPTH) add_shared(&process.record->lost_regions, 1);
    if (index != UNLISTED) add_shared(&ledger->regions[index].entered, 1);
    return index;
}

void regions_begin(const char *name, bool allows) {
    if (!name) name = "(null)";
    uint8_t index = enter(name, allows);
    if (context.regions < DEPTH) context.region[context.regions] = index;
    context.regions++;
    if (allows && context.allowed++ == 0) begin_allowed();
    context_choose_path();
}

void regions_end(const char *name, bool allows) {
    if (!name) name = "(null)";
    if (context.regions == 0 || (allows && context.allowed == 0)) {
        __atomic_fetch_add(&process.record->regions_unbalanced, 1, __ATOMIC_RELAXED);
        return;
    }
    uint8_t index = context.regions <= DEPTH ? context.region[context.regions - 1] : (uint8_t)UNLISTED;
    if (index != UNLISTED && !is_named(&ledger->regions[index], name, allows))
        __atomic_fetch_add(&process.record->regions_unbalanced, 1, __ATOMIC_RELAXED);
    if (is_ours(index)) add_shared(&ledger->regions[index].left, 1);
    context.regions--;
    if (allows && --context.allowed == 0) end_allowed();
    context_choose_path();
}

// The child's regions refer to its parent's records until an event happens in them: most children exec at once.
void regions_inherit(const struct context *parent) {
    memcpy(context.region, parent->region, sizeof(context.region));
    context.regions = parent->regions;
    context.allowed = parent->allowed;
    if (context.allowed > 0) begin_allowed();
    context_choose_path();
}

// Adds to the counts of ends of the regions that the thread is in.
static void add_ends(uint64_t ends) {
    for (uint32_t depth = 0; depth < context.regions && depth < DEPTH; depth++)
        if (is_ours(context.region[depth])) add_shared(&ledger->regions[context.region[depth]].left, ends);
}

bool regions_leave_for_exec(void) {
    if (likely(context.regions == 0)) return false;
    add_ends(1);
    return true;
}

void regions_return_from_exec(void) {
    add_ends(UINT64_MAX);
}

void regions_count(uint32_t phase, enum dioaudit_event event, uint64_t bytes) {
    uint32_t depth = context.regions < DEPTH ? context.regions : DEPTH;
    uint8_t *index = &context.region[depth - 1];
    if (*index == UNLISTED) return;
    if (unlikely(!is_ours(*index))) *index = enter(ledger->regions[*index].name, ledger->regions[*index].allows);
    if (*index == UNLISTED) return;
    struct dioaudit_region *region = &ledger->regions[*index];
    add_shared(&region->cells[event].calls, 1);
    add_shared(&region->cells[event].bytes, bytes);
    if (phase != DIOAUDIT_PHASE_STEADY && phase != DIOAUDIT_PHASE_ALLOWED) return;
    add_shared(&region->steady_cells[event].calls, 1);
    add_shared(&region->steady_cells[event].bytes, bytes);
}
