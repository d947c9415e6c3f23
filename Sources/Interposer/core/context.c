#include "context.h"

#include <signal.h>

#include "enforce.h"
#include "ledger.h"
#include "rows.h"
#include "phases.h"
#include "regions.h"
#include "scope.h"
#include "sites.h"
#include "system.h"
#include "../rules.h"

THREAD_LOCAL struct context context;

union process_memory process_memory __attribute__((aligned(4096)));

// Events from before this process could attach: the dynamic linker allocates before there is an environment.
static struct dioaudit_cell early[DIOAUDIT_CELL_COUNT];

static void count_early(enum dioaudit_event event, uint64_t bytes) {
    add_shared(&early[event].calls, 1);
    add_shared(&early[event].bytes, bytes);
}

void context_adopt_early(void) {
    for (uint32_t cell = 0; cell < DIOAUDIT_CELL_COUNT; cell++) {
        uint64_t calls = __atomic_exchange_n(&early[cell].calls, 0, __ATOMIC_RELAXED);
        uint64_t bytes = __atomic_exchange_n(&early[cell].bytes, 0, __ATOMIC_RELAXED);
        if (calls) context_count_in(DIOAUDIT_PHASE_SETUP, cell, calls, bytes);
    }
}

// TRAP: longjmp out of a signal handler leaves a transfer without passing its end. The mark of a warm-up transfer
// therefore holds only for frames below (inside) the one that set it. Fixture: longjmp-out-of-handler.c
static bool inside_warmup_transfer(void) {
    if (!context.warmup_frame) return false;
    if ((uintptr_t)__builtin_frame_address(0) < context.warmup_frame) return true;
    stack_t stack;  // a handler on a signal stack is inside wherever that lies
    return SYSTEM(SYS_sigaltstack, NULL, &stack) == 0 && (stack.ss_flags & SS_ONSTACK);
}

uint32_t context_phase(void) {
    uint32_t phase = context.own_phase ? context.own_phase : process.phase;
    if (!context_is_strict(phase)) return phase;
    if (inside_warmup_transfer()) return DIOAUDIT_PHASE_WARMUP;
    if (!context.allowed && !scope_spares_caller()) return phase;
    return phase == DIOAUDIT_PHASE_STEADY ? DIOAUDIT_PHASE_ALLOWED : DIOAUDIT_PHASE_ALLOWED_CLOSED;
}

static bool is_interlude(uint32_t phase) {
    return phase == DIOAUDIT_PHASE_CLOSED || phase == DIOAUDIT_PHASE_ALLOWED_CLOSED;
}

void context_count_in(uint32_t phase, enum dioaudit_event cell, uint64_t calls, uint64_t bytes) {
    struct dioaudit_thread *rows = context.rows;
    if (!rows) rows = rows_claim();
    if (rows) {
        if (is_interlude(phase)) phases_settle_interlude(rows);
        add(&rows->cells[phase][cell].calls, calls);
        add(&rows->cells[phase][cell].bytes, bytes);
        return;
    }
    rows = rows_shared();
    if (is_interlude(phase)) phase = phases_interrupted(phase, process.interlude_from);  // shared rows cannot tell
    add_shared(&rows->cells[phase][cell].calls, calls);
    add_shared(&rows->cells[phase][cell].bytes, bytes);
    add_shared(&process.record->shared_thread_calls, calls);
}

static void note_last_transfer(enum dioaudit_event event, uint64_t transfer) {
    struct dioaudit_thread *rows = context.rows ? context.rows : rows_shared();
    rows->last_transfer[event] = transfer + 1;
}

void context_enter(uint32_t phase) {
    bool plain = phase == DIOAUDIT_PHASE_SETUP || phase == DIOAUDIT_PHASE_EXIT;
    size_t cells = offsetof(struct dioaudit_thread, cells) + phase * sizeof(((struct dioaudit_thread *)0)->cells[0]);
    __atomic_store_n(&process.plain_cells, plain ? cells : 0, __ATOMIC_RELEASE);
    __atomic_store_n(&process.phase, phase, __ATOMIC_RELEASE);
}

// The phase that the event was counted in, or NONE if it is nobody's yet.
static uint32_t count_here(enum dioaudit_event event, uint64_t bytes) {
    if (context.suspended) {
        context.passed_over++;
        return DIOAUDIT_PHASE_NONE;
    }
    if (!process.phase && !ledger_attach()) {
        count_early(event, bytes);
        return DIOAUDIT_PHASE_NONE;
    }
    uint32_t phase = context_phase();
    context_count_in(phase, event, 1, bytes);
    if (unlikely(context.regions)) regions_count(phase, event, bytes);
    return phase;
}

// The ordinal by which an event at this point is known: of the transfer last begun.
static uint64_t transfer_now(void) {
    return process.record->transfers + (context.ordinal != 0);
}

// Whether an event just counted there is a violation, as far as can be told now.
static bool is_violation(uint32_t phase, enum dioaudit_event event) {
    if (phase == DIOAUDIT_PHASE_NONE || phase == DIOAUDIT_PHASE_SETUP || phase == DIOAUDIT_PHASE_EXIT) return false;
    if (phase == DIOAUDIT_PHASE_ALLOWED || phase == DIOAUDIT_PHASE_ALLOWED_CLOSED) return false;
    note_last_transfer(event, transfer_now());
    return context_is_strict(phase) && (ledger->config.strict_events >> event & 1);
}

__attribute__((preserve_most)) void context_count(enum dioaudit_event event, uint64_t bytes) {
    uint32_t phase = count_here(event, bytes);
    if (!is_violation(phase, event)) return;
    bool is_first;
    sites_record(event, bytes, phase, transfer_now(), &is_first);
    enforce(phase, event, bytes);
}

bool context_begin(struct event_call *call, enum dioaudit_event event, uint64_t bytes) {
    call->site = NULL;
    uint32_t phase = count_here(event, bytes);
    if (likely(!is_violation(phase, event))) return true;
    call->site = sites_record(event, bytes, phase, transfer_now(), &call->is_first);
    if (!enforce(phase, event, bytes)) return false;
    if (!call->site) return true;
    if (call->is_first) call->faults = phases_thread_faults();
    call->site->last_began = phases_now();
    if (call->is_first) call->site->first_began = call->site->last_began;
    return true;
}

void context_end(struct event_call *call) {
    if (likely(!call->site)) return;
    call->site->last_ended = phases_now();
    if (call->is_first) {
        call->site->first_ended = call->site->last_ended;
        struct dioaudit_faults after = phases_thread_faults();
        call->site->first_faults.minor = after.minor - call->faults.minor;
        call->site->first_faults.major = after.major - call->faults.major;
    }
}
