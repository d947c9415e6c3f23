#include "faults.h"

#include <sys/resource.h>

#include "../base/system.h"
#include "context.h"
#include "identity.h"
#include "../rules.h"

struct dioaudit_faults faults_of(int who) {
    struct rusage usage;
    if (!system_usage(who, &usage)) {
        process.record->faults_refused = 1;
        return (struct dioaudit_faults){0};
    }
    return (struct dioaudit_faults){.minor = (uint64_t)usage.ru_minflt, .major = (uint64_t)usage.ru_majflt};
}

struct dioaudit_faults faults_of_thread(void) {
    struct dioaudit_faults all = faults_of(RUSAGE_THREAD);
    return (struct dioaudit_faults){all.minor - context.taken_faults.minor, all.major - context.taken_faults.major};
}

static uint64_t all_adopted;

uint64_t faults_adopted(void) {
    return __atomic_load_n(&all_adopted, __ATOMIC_RELAXED);
}

void faults_await_child(void) {
    context.awaits_child = context_is_strict(process.phase);
    if (context.awaits_child) __atomic_fetch_add(&process.record->unmeasured_children, 1, __ATOMIC_RELAXED);
}

void faults_await_no_child(void) {
    if (context.awaits_child) __atomic_fetch_sub(&process.record->unmeasured_children, 1, __ATOMIC_RELAXED);
    context.awaits_child = false;
}

// What the child took is charged to the phase by an earlier edge. TRAP: the child may fail to exec and then end, or try again: what
// was charged is not charged again. The child may also have a vfork child of its own. Fixture: vfork-child-faults.c
void faults_adopt(void) {
    struct dioaudit_faults taken = faults_of(RUSAGE_SELF);
    int32_t child = identity_process_inside();
    if (context.adopted_from != child) context.adopted = (struct dioaudit_faults){0};
    context.adopted_from = child;
    struct dioaudit_faults since = {taken.minor - context.adopted.minor, taken.major - context.adopted.major};
    context.adopted = taken;
    add_shared(&all_adopted, since.minor + since.major);
    add_shared(&process.record->edge_faults.minor, -since.minor);
    add_shared(&process.record->edge_faults.major, -since.major);
    if (context.rows && process.phase == DIOAUDIT_PHASE_STEADY) {
        add_shared(&context.rows->steady_faults.minor, since.minor);
        add_shared(&context.rows->steady_faults.major, since.major);
    }
    faults_await_no_child();
}

// Adds the faults since `before` to the last edge, so that the phase is not charged with them when it ends.
// TRAP: a measurement may lie inside another, for example a file's first transfer in an allowed region. The outer measurement
// must not include the faults that the inner one took out. Fixture: marker-allow-first-transfer.c
// TRAP: a vfork child has its parent's memory and page faults of its own. Fixture: vforks-and-allocates.c
static struct dioaudit_faults take_out(struct dioaudit_faults before) {
    struct dioaudit_faults after = faults_of_thread();
    struct dioaudit_faults since = {after.minor - before.minor, after.major - before.major};
    if (!process_is_ours()) return (struct dioaudit_faults){0};
    add(&context.taken_faults.minor, since.minor);
    add(&context.taken_faults.major, since.major);
    add_shared(&process.record->edge_faults.minor, since.minor);
    add_shared(&process.record->edge_faults.major, since.major);
    if (context.rows) {
        add_shared(&context.rows->edge_faults.minor, since.minor);
        add_shared(&context.rows->edge_faults.major, since.major);
    }
    return since;
}

void faults_move(struct dioaudit_faults before, uint32_t phase) {
    struct dioaudit_faults since = take_out(before);
    add_shared(&process.record->phase_faults[phase].minor, since.minor);
    add_shared(&process.record->phase_faults[phase].major, since.major);
}

void faults_disown(struct dioaudit_faults before) {
    take_out(before);
}
