#include "counting.h"

#include "../base/clock.h"
#include "../life/attach.h"
#include "../phases/phases.h"
#include "../phases/regions.h"
#include "../state/faults.h"
#include "../state/ledger.h"
#include "../state/scope.h"
#include "../tables/early.h"
#include "../tables/quiet.h"
#include "../tables/rows.h"
#include "../tables/sites.h"
#include "../tables/stack.h"
#include "enforce.h"
#include "files.h"
#include "../rules.h"

// A first transfer excuses what its own call does, down to where the call is made. A signal handler is not its own call.
// TRAP: the transfer may have been left without reaching its end, by longjmp, an exception, a switch to another stack, or by a
// vfork child that was killed there. Only the stack shows that. Then, and where a handler interrupts it, it excuses nothing
// more. Fixtures: leaves-first-transfer.c, killed-vfork-child.c, handler-inside-transfer.c
static __attribute__((noinline)) bool is_inside_warmup_transfer(void) {
    if (stack_is_inside(context.warmup_frame)) return true;
    context_leave_transfer();
    return false;
}

uint32_t event_phase(void) {
    uint32_t phase = context.own_phase ? context.own_phase : process.phase;
    if (!context_is_strict(phase)) return phase;
    if (unlikely(context.warmup_frame) && is_inside_warmup_transfer()) return DIOAUDIT_PHASE_WARMUP;
    if (!context.allowed && !scope_spares_caller()) return phase;
    return phase == DIOAUDIT_PHASE_STEADY ? DIOAUDIT_PHASE_ALLOWED : DIOAUDIT_PHASE_ALLOWED_CLOSED;
}

static void note_last_transfer(enum dioaudit_event event, uint64_t transfer) {
    struct dioaudit_thread *rows = context.rows ? context.rows : rows_shared();
    rows->last_transfer[event] = transfer + 1;
}

// Transfers that are not seen may have begun.
static void note_time(enum dioaudit_event event) {
    uint64_t from = process.record->timed_from;
    bool is_judged = ledger->config.strict_events >> event & 1;
    if (from && is_judged && context.rows) quiet_ends(&context.rows->quiet, from);
}

// Returns the phase that the event was counted in, or NONE if it was counted in none.
static uint32_t count_here(enum dioaudit_event event, uint64_t bytes) {
    if (context.suspended) {
        context.passed_over++;
        return DIOAUDIT_PHASE_NONE;
    }
    if (!is_attached()) {
        early_count(event, bytes);
        return DIOAUDIT_PHASE_NONE;
    }
    files_notice_closed();
    phases_notice_host();
    uint32_t phase = event_phase();
    rows_count(phase, event, 1, bytes);
    if (phase == DIOAUDIT_PHASE_SETUP) note_time(event);
    if (unlikely(context.regions)) regions_count(phase, event, bytes);
    return phase;
}

// The ordinal of the transfer last begun, which is reported with an event at this point.
static uint64_t transfer_now(void) {
    return process.record->transfers + (context.ordinal != 0);
}

// Whether an event that was just counted in a phase is a violation, as far as is known now.
static bool is_violation(uint32_t phase, enum dioaudit_event event) {
    if (phase == DIOAUDIT_PHASE_NONE || phase == DIOAUDIT_PHASE_SETUP || phase == DIOAUDIT_PHASE_EXIT) return false;
    if (phase == DIOAUDIT_PHASE_ALLOWED || phase == DIOAUDIT_PHASE_ALLOWED_CLOSED) return false;
    note_last_transfer(event, transfer_now());
    return context_is_strict(phase) && (ledger->config.strict_events >> event & 1);
}

static bool is_heap(enum dioaudit_event event) {
    return event <= DIOAUDIT_EVENT_PVALLOC;
}

// glibc makes a thread's arena within its first heap call. That may be a free, which is no violation; but the mmap is one, and only
// the stack of this call says where it came from. Asked once of each thread. Fixture: late-arena-in-free.c
static bool may_make_arena(uint32_t phase, enum dioaudit_event event) {
    if (event != DIOAUDIT_EVENT_FREE || context.has_freed || !context_is_strict(phase) || !context.rows) return false;
    context.has_freed = true;
    uint64_t calls = 0;
    for (uint32_t in = 0; in < DIOAUDIT_PHASE_COUNT; in++)
        for (enum dioaudit_event each = 0; is_heap(each); each++) calls += context.rows->cells[in][each].calls;
    return calls == 1;
}

void count_more(enum dioaudit_event cell) {
    if (!context.suspended && is_attached()) rows_count(event_phase(), cell, 1, 0);
}

__attribute__((preserve_most)) void count_slowly(enum dioaudit_event event, uint64_t bytes) {
    uint32_t phase = count_here(event, bytes);
    if (!is_violation(phase, event)) return;
    bool is_first;
    sites_record(event, bytes, phase, transfer_now(), &is_first);
    enforce(phase, event, bytes);
}

bool event_begin(struct event_call *call, enum dioaudit_event event, uint64_t bytes) {
    call->site = NULL;
    uint32_t phase = count_here(event, bytes);
    bool violates = is_violation(phase, event);
    if (likely(!violates) && likely(!may_make_arena(phase, event))) return true;
    call->site = sites_record(event, bytes, phase, transfer_now(), &call->is_first);
    if (violates && !enforce(phase, event, bytes)) return false;
    if (!call->site) return true;
    if (call->is_first) call->faults = faults_of_thread();
    call->site->last_began = clock_now();
    if (call->is_first) call->site->first_began = call->site->last_began;
    return true;
}

void event_end(struct event_call *call) {
    if (likely(!call->site)) return;
    call->site->last_ended = clock_now();
    if (call->is_first) {
        call->site->first_ended = call->site->last_ended;
        struct dioaudit_faults after = faults_of_thread();
        call->site->first_faults.minor = after.minor - call->faults.minor;
        call->site->first_faults.major = after.major - call->faults.major;
    }
}
