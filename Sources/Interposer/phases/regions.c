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

static bool is_it(const struct dioaudit_region *region, const char *name, bool allows) {
    return region->owner == ledger_process_index() && region->allows == allows &&
           strncmp(region->name, name, DIOAUDIT_REGION_NAME - 1) == 0;
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
        // One that is being filled may be the same: then it stands twice, and the host adds both up.
        if (state == READY && is_it(region, name, allows)) return i;
    }
    return UNLISTED;
}

static void begin_allowed(void) {
    context.allowed_from = process.phase == DIOAUDIT_PHASE_STEADY ? process.interlude + 1 : 0;
    context.allowed_edge = faults_of_thread();
    edges_note_allowed(DIOAUDIT_ALLOWS_BEGIN, clock_now());
}

// Page faults of a region that lies in one stretch of the steady phase are allowed; else they stay what they are.
static void end_allowed(void) {
    bool whole = process.phase == DIOAUDIT_PHASE_STEADY && context.allowed_from == process.interlude + 1;
    if (whole && !context.own_phase) faults_move(context.allowed_edge, DIOAUDIT_PHASE_ALLOWED);
    edges_note_allowed(DIOAUDIT_ALLOWS_END, clock_now());
}

void regions_begin(const char *name, bool allows) {
    if (!name) name = "(null)";
    uint8_t index = find(name, allows);
    if (index == UNLISTED || context.regions >= DEPTH) add_shared(&process.record->lost_regions, 1);
    if (index != UNLISTED) add_shared(&ledger->regions[index].entered, 1);
    if (context.regions < DEPTH) context.region[context.regions] = index;
    context.regions++;
    if (allows && context.allowed++ == 0) begin_allowed();
    context_choose_way();
}

void regions_end(const char *name, bool allows) {
    if (!name) name = "(null)";
    if (context.regions == 0 || (allows && context.allowed == 0)) {
        __atomic_fetch_add(&process.record->regions_unbalanced, 1, __ATOMIC_RELAXED);
        return;
    }
    uint8_t index = context.regions <= DEPTH ? context.region[context.regions - 1] : (uint8_t)UNLISTED;
    if (index != UNLISTED && !is_it(&ledger->regions[index], name, allows))
        __atomic_fetch_add(&process.record->regions_unbalanced, 1, __ATOMIC_RELAXED);
    if (index != UNLISTED) add_shared(&ledger->regions[index].left, 1);
    context.regions--;
    if (allows && --context.allowed == 0) end_allowed();
    context_choose_way();
}

void regions_inherit(const struct context *parent) {
    for (uint32_t depth = 0; depth < parent->regions && depth < DEPTH; depth++) {
        uint8_t index = parent->region[depth];
        if (index != UNLISTED) regions_begin(ledger->regions[index].name, ledger->regions[index].allows);
    }
}

void regions_count(uint32_t phase, enum dioaudit_event event, uint64_t bytes) {
    uint32_t depth = context.regions < DEPTH ? context.regions : DEPTH;
    uint8_t index = context.region[depth - 1];
    if (index == UNLISTED) return;
    struct dioaudit_region *region = &ledger->regions[index];
    add_shared(&region->cells[event].calls, 1);
    add_shared(&region->cells[event].bytes, bytes);
    if (phase != DIOAUDIT_PHASE_STEADY && phase != DIOAUDIT_PHASE_ALLOWED) return;
    add_shared(&region->steady_cells[event].calls, 1);
    add_shared(&region->steady_cells[event].bytes, bytes);
}
