#include "phases.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "../base/clock.h"
#include "../base/system.h"
#include "../state/context.h"
#include "../state/faults.h"
#include "../state/identity.h"
#include "../state/ledger.h"
#include "../state/phase_lock.h"
#include "../tables/direct_files.h"
#include "../tables/edges.h"
#include "../tables/modules.h"
#include "../tables/site_memory.h"
#include "accounting.h"
#include "lockstate.h"
#include "memory.h"
#include "squeeze.h"
#include "threads.h"
#include "../rules.h"

// 0 if more faults were moved out of the phase meanwhile than happened since the edge. The edge is below zero if a child's were
// charged to us (faults_adopt).
static uint64_t since(uint64_t now, uint64_t edge) {
    return (int64_t)(now - edge) > 0 ? now - edge : 0;
}

static void charge(struct dioaudit_faults *phase, struct dioaudit_faults *edge, struct dioaudit_faults faults) {
    phase->minor += since(faults.minor, edge->minor);
    phase->major += since(faults.major, edge->major);
    *edge = faults;
}

// TRAP: a process may enter a time namespace (setns(2)), whose CLOCK_MONOTONIC is another, so that the host would give kernel
// records the wrong phase. So it is compared at each edge, by the distance of another clock. Fixtures: another-time.c,
// joins-another-time.c
static void compare_clocks(struct dioaudit_process *record) {
    int64_t difference = clock_difference();
    if (difference < record->clock_difference_least) record->clock_difference_least = difference;
    if (difference > record->clock_difference_most) record->clock_difference_most = difference;
}

static void take_edge(struct dioaudit_process *record, uint32_t from) {
    uint64_t time = clock_now();
    compare_clocks(record);
    record->phase_nanoseconds[from] += time - record->edge_nanoseconds;
    record->edge_nanoseconds = time;
    charge(&record->phase_faults[from], &record->edge_faults, faults_of(RUSAGE_SELF));
    accounting_take_edge(record, from);
    threads_take_edge(from);
}

// All judged calls of setup since `timed_from` are timed (counting.c): so it is set last.
static void time_setup(struct dioaudit_process *record) {
    if (record->timed_from || !direct_files_any()) return;
    record->timed_from = UINT64_MAX;
    if (process.phase == DIOAUDIT_PHASE_SETUP) context_enter(DIOAUDIT_PHASE_SETUP);
    record->timed_from = clock_now();
}

// Before its first transfer a process has no phases: while it has an O_DIRECT file, it is looked at whether it makes others that are
// not seen.
static void watch_setup(struct dioaudit_process *record) {
    if (direct_files_any()) accounting_unseen_begins(record);
    else accounting_unseen_ends(record);
    time_setup(record);
}

void phases_begin(struct dioaudit_process *record) {
    record->clock_difference_least = record->clock_difference_most = clock_difference();
    record->phase = DIOAUDIT_PHASE_SETUP;
    record->started_nanoseconds = record->edge_nanoseconds = clock_now();
    record->edge_faults = faults_of(RUSAGE_SELF);
    accounting_begin(record);
    watch_setup(record);
    record->phase_by_marker = ledger->config.phases_by_marker;
    edges_note(DIOAUDIT_PHASE_SETUP, record->started_nanoseconds);
}

// A lock that was released while no O_DIRECT file was open is lost only if the steady phase continues afterwards.
static void note_lost_lock(struct dioaudit_process *record) {
    if (record->lock_flags_at_steady & ~record->lock_flags & MCL_FUTURE) record->lock_lost_in_steady = 1;
}

// Called before the edge is taken, so that its costs are warm-up's.
static void observe_steady_point(struct dioaudit_process *record, bool goes_on) {
    if (!record->steady_reached) {
        if (!squeeze_is_wanted()) {
            lockstate_observe(record);
            accounting_steady_begins(record);
        }
        record->lost_modules = modules_note_all();
        record->steady_reached = 1;
    }
    memory_begin(record, goes_on);
}

// Called without the lock, since the host's answer may take long: every thread that is about to enter the steady phase asks
// and waits. The state of its memory is read before, since reading it allocates kernel memory.
static void squeeze_before_steady(void) {
    if (likely(!squeeze_is_wanted()) || squeeze_is_settled()) return;
    if (!process.record->steady_reached) {
        struct phase_lock lock;
        phase_lock_take(&lock);
        lockstate_observe(process.record);
        accounting_steady_begins(process.record);
        memory_begin(process.record, false);
        phase_lock_release(&lock);
    }
    squeeze_begin();
}

// Keeps the limit while a thread is in a steady phase of its own, but not beyond exit.
static void loosen_after_steady(uint32_t to) {
    if (likely(!squeeze_is_wanted()) || to == DIOAUDIT_PHASE_STEADY) return;
    if (to == DIOAUDIT_PHASE_EXIT || !__atomic_load_n(&process.record->thread_phases_open, __ATOMIC_RELAXED)) squeeze_end();
}

// After the limit was lifted, since reading allocates kernel memory.
static void measure_steady_phase(bool may_go_on) {
    if (phases_is_any_steady()) return;
    struct phase_lock lock;
    phase_lock_take(&lock);
    memory_end(process.record, may_go_on);
    phase_lock_release(&lock);
}

static void add_thread_phase(int32_t change) {
    __atomic_fetch_add(&process.record->thread_phases_open, (uint32_t)change, __ATOMIC_RELAXED);
}

// Moves the process from one phase to another. False if another thread did so first, or if this process is a child that shares
// its parent's memory.
static bool transition(uint32_t from, uint32_t to) {
    if (from == to || !process_is_ours()) return false;
    struct dioaudit_process *record = process.record;
    if (to == DIOAUDIT_PHASE_STEADY) squeeze_before_steady();
    struct phase_lock lock;
    phase_lock_take(&lock);
    bool moved = process.phase == from && record->state == DIOAUDIT_PROCESS_ACTIVE;
    if (moved) {
        bool reopened = from == DIOAUDIT_PHASE_CLOSED && to != DIOAUDIT_PHASE_EXIT;
        if (to == DIOAUDIT_PHASE_STEADY) observe_steady_point(record, reopened);
        if (to == DIOAUDIT_PHASE_EXIT && record->steady_reached) lockstate_confirm(record);
        process.next_phase = to;
        take_edge(record, reopened ? process.interlude_from : from);
        if (from == DIOAUDIT_PHASE_SETUP) {
            accounting_unseen_ends(record);
            record->timed_to = record->edge_nanoseconds;
        }
        if (to == DIOAUDIT_PHASE_SETUP) {
            record->timed_from = record->timed_to = 0;
            watch_setup(record);
        }
        if (to == DIOAUDIT_PHASE_CLOSED) process.interlude_from = from;
        if (to == DIOAUDIT_PHASE_CLOSED || reopened) record->interlude = ++process.interlude;
        if (reopened && to == DIOAUDIT_PHASE_STEADY) note_lost_lock(record);
        if (from == DIOAUDIT_PHASE_SETUP) record->first_transfer_nanoseconds = record->edge_nanoseconds;
        record->phase = to;
        context_enter(to);
        edges_note(to, record->edge_nanoseconds);
    }
    phase_lock_release(&lock);
    if (moved) loosen_after_steady(to);
    if (moved && from == DIOAUDIT_PHASE_STEADY) measure_steady_phase(to == DIOAUDIT_PHASE_CLOSED);
    return moved;
}

static bool warm_long_enough(void) {
    uint64_t wanted = ledger->config.warmup_nanoseconds;
    return wanted == 0 || clock_now() - process.record->first_transfer_nanoseconds >= wanted;
}

static bool host_permits_steady(void) {
    uint32_t told = __atomic_load_n(ledger_told, __ATOMIC_ACQUIRE);
    return told == DIOAUDIT_TOLD_STEADY || (told == DIOAUDIT_TOLD_NOTHING && !ledger->config.steady_when_told);
}

static bool is_warm(void) {
    uint64_t transfers = __atomic_load_n(&process.record->transfers, __ATOMIC_RELAXED);
    return transfers >= ledger->config.warmup_of_process && host_permits_steady() && warm_long_enough() &&
           direct_files_all_warm();
}

static void enter_steady_if_warm(void) {
    if (process.phase == DIOAUDIT_PHASE_WARMUP && is_warm()) transition(DIOAUDIT_PHASE_WARMUP, DIOAUDIT_PHASE_STEADY);
}

// Transfers of one direction have no warm-up, so that the first may be steady. TRAP: else it is not, though its file may seem to be
// warm by a vfork child's transfer. Fixture: vfork-child-transfers.c
static bool begins_warm(void) {
    const uint64_t *warmup = ledger->config.warmup_transfers;
    return warmup[DIRECTION_READ] == 0 || warmup[DIRECTION_WRITE] == 0;
}

bool phases_transfer_begins(void) {
    if (likely(process.phase >= DIOAUDIT_PHASE_STEADY) || !phases_automatic()) return false;
    if (process.phase != DIOAUDIT_PHASE_SETUP) return false;
    bool began = transition(DIOAUDIT_PHASE_SETUP, DIOAUDIT_PHASE_WARMUP);
    if (begins_warm()) enter_steady_if_warm();
    return began;
}

// Another thread's call may have returned the process to setup meanwhile.
void phases_transfer_done(void) {
    if (unlikely(process.phase == DIOAUDIT_PHASE_SETUP) && phases_automatic())
        transition(DIOAUDIT_PHASE_SETUP, DIOAUDIT_PHASE_WARMUP);
}

void phases_nothing_moved(void) {
    if (process.record->transfers == 0 && phases_automatic() && process.phase != DIOAUDIT_PHASE_EXIT)
        transition(process.phase, DIOAUDIT_PHASE_SETUP);
}

void phases_transfer_ended(void) {
    if (unlikely(process.phase == DIOAUDIT_PHASE_WARMUP) && phases_automatic()) enter_steady_if_warm();
}

// A process that has not transferred yet begins with its first transfer.
void phases_follow_host(void) {
    uint32_t phase = process.phase;
    bool is_over = __atomic_load_n(ledger_told, __ATOMIC_ACQUIRE) == DIOAUDIT_TOLD_TEARDOWN;
    if (phase < DIOAUDIT_PHASE_WARMUP || !phases_automatic()) return;
    if (is_over) transition(phase, DIOAUDIT_PHASE_EXIT);
    else enter_steady_if_warm();
}

static void watch_unseen(void) {
    if (!process_is_ours()) return;
    struct phase_lock lock;
    phase_lock_take(&lock);
    bool is_setup = process.phase == DIOAUDIT_PHASE_SETUP && process.record->state == DIOAUDIT_PROCESS_ACTIVE;
    if (is_setup) watch_setup(process.record);
    phase_lock_release(&lock);
}

void phases_last_file_closed(void) {
    uint32_t phase = process.phase;
    if (phase == DIOAUDIT_PHASE_SETUP) watch_unseen();
    if ((phase == DIOAUDIT_PHASE_WARMUP || phase == DIOAUDIT_PHASE_STEADY) && phases_automatic())
        transition(phase, DIOAUDIT_PHASE_CLOSED);
}

void phases_first_file_opened(void) {
    if (process.phase == DIOAUDIT_PHASE_SETUP) watch_unseen();
    if (process.phase == DIOAUDIT_PHASE_CLOSED && phases_automatic())
        transition(DIOAUDIT_PHASE_CLOSED, process.interlude_from);
}

static void note_lock_flags(uint32_t flags) {
    struct dioaudit_process *record = process.record;
    uint32_t lost = record->lock_flags & ~flags;
    record->lock_flags = flags;
    if (phases_is_any_steady() && (lost & MCL_FUTURE)) record->lock_lost_in_steady = 1;
}

static void note_failed_lock(int error) {
    if (!process_is_ours()) return;
    struct phase_lock lock;
    phase_lock_take(&lock);
    process.record->lock_errno = error;
    process.record->lock_bytes_needed = lockstate_address_space();
    process.record->lock_bytes_own = ledger_mapped() + site_memory_mapped();
    process.record->lock_limit = lockstate_limit();
    phase_lock_release(&lock);
}

void phases_locked(int flags, int error) {
    if (!process.phase) return;
    __atomic_fetch_add(&process.record->lock_calls, 1, __ATOMIC_RELAXED);
    if (error) note_failed_lock(error);
    else note_lock_flags((uint32_t)flags);
}

void phases_unlocked(void) {
    if (process.phase) note_lock_flags(0);
}

bool phases_is_any_steady(void) {
    if (process.phase == DIOAUDIT_PHASE_STEADY) return true;
    return process.record->steady_reached && __atomic_load_n(&process.record->thread_phases_open, __ATOMIC_RELAXED) > 0;
}

// TRAP: a vfork child whose exec failed may call exit(3) in its parent's memory. Fixture: vforks-and-exits.c
static bool ends_ours(void) {
    if (process_is_ours()) return true;
    faults_adopt();
    return false;
}

void phases_exit(void) {
    if (!ends_ours()) return;
    process.exits = 1;
    phases_thread_marker(NULL);
    for (uint32_t phase = process.phase; phase != DIOAUDIT_PHASE_EXIT; phase = process.phase)
        if (!transition(phase, DIOAUDIT_PHASE_EXIT) && process.record->state != DIOAUDIT_PROCESS_ACTIVE) return;
}

void phases_goodbye(void) {
    if (!ends_ours()) return;
    phases_exit();
    struct dioaudit_process *record = process.record;
    struct phase_lock lock;
    phase_lock_take(&lock);
    if (record->state == DIOAUDIT_PROCESS_ACTIVE) {
        if (record->steady_reached) record->lost_modules = modules_note_all();  // objects loaded later
        take_edge(record, DIOAUDIT_PHASE_EXIT);
        __atomic_store_n(&record->state, DIOAUDIT_PROCESS_EXITED, __ATOMIC_RELEASE);
    }
    phase_lock_release(&lock);
}

static void account(uint32_t leaves) {
    if (!process_is_ours()) return;
    struct phase_lock lock;
    phase_lock_take(&lock);
    accounting_take_edge(process.record, process.phase);
    if (leaves && process.record->steady_reached) lockstate_confirm(process.record);
    if (leaves) accounting_unseen_ends(process.record);
    else if (process.phase == DIOAUDIT_PHASE_SETUP) watch_setup(process.record);
    process.record->may_have_left = leaves;
    phase_lock_release(&lock);
}

void phases_may_leave(void) {
    account(1);
}

void phases_stay(void) {
    account(0);
}

bool phases_automatic(void) {
    return !process.record->phase_by_marker;
}

// MARK: markers

static uint32_t phase_named(const char *name) {
    static const struct {
        const char *name;
        uint32_t phase;
    } phases[] = {
        {"setup", DIOAUDIT_PHASE_SETUP},
        {"warmup", DIOAUDIT_PHASE_WARMUP},
        {"steady", DIOAUDIT_PHASE_STEADY},
        {"teardown", DIOAUDIT_PHASE_EXIT},
    };
    for (size_t i = 0; name && i < sizeof(phases) / sizeof(phases[0]); i++)
        if (strcmp(name, phases[i].name) == 0) return phases[i].phase;
    if (__atomic_fetch_add(&process.record->markers_unknown, 1, __ATOMIC_RELAXED) == 0)
        strncpy(process.record->unknown_marker, name ? name : "(null)", sizeof(process.record->unknown_marker) - 1);
    return DIOAUDIT_PHASE_NONE;
}

// TRAP: a child of _Fork or clone runs no pthread_atfork handler. Fixture: marker-forks.c
static uint32_t marked_phase;  // the last phase that the program named; not in the page that fork wipes

void phases_marker(const char *name) {
    uint32_t phase = phase_named(name);
    if (phase == DIOAUDIT_PHASE_NONE || !process_is_ours()) return;
    process.record->phase_by_marker = 1;
    marked_phase = phase;
    transition(process.phase, phase);
}

// A thread's own phase: the thread measures its page faults itself, and they are not charged to the process's phase.
static void enter_own_phase(uint32_t phase) {
    if (phase == DIOAUDIT_PHASE_STEADY) {
        squeeze_before_steady();
        struct phase_lock lock;
        phase_lock_take(&lock);
        observe_steady_point(process.record, false);
        phase_lock_release(&lock);
    }
    uint32_t from = context.own_phase;
    if (from) faults_move(context.own_edge, from);
    else add_thread_phase(1);
    if (!phase) add_thread_phase(-1);
    context.own_phase = phase;
    context.own_edge = faults_of_thread();
    edges_note_thread(phase, clock_now());
    context_choose_path();
    if (from == DIOAUDIT_PHASE_STEADY || !phase) measure_steady_phase(false);
}

void phases_thread_marker(const char *name) {
    uint32_t phase = name ? phase_named(name) : (uint32_t)DIOAUDIT_PHASE_NONE;
    bool unknown = name && phase == DIOAUDIT_PHASE_NONE;
    if (!unknown && phase != context.own_phase && process_is_ours()) enter_own_phase(phase);
}

void phases_inherit(uint32_t own_phase) {
    uint32_t phase = marked_phase;
    if (phase != DIOAUDIT_PHASE_NONE) {
        process.record->phase_by_marker = 1;
        transition(DIOAUDIT_PHASE_SETUP, phase);
    }
    if (own_phase != DIOAUDIT_PHASE_NONE) enter_own_phase(own_phase);
}
