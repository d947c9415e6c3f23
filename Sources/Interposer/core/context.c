#include "context.h"

#include <signal.h>

#include "ledger.h"
#include "phases.h"
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
    uint32_t phase = process.phase;
    bool strict = phase == DIOAUDIT_PHASE_STEADY || phase == DIOAUDIT_PHASE_CLOSED;
    return strict && inside_warmup_transfer() ? DIOAUDIT_PHASE_WARMUP : phase;
}

void context_count_in(uint32_t phase, enum dioaudit_event cell, uint64_t calls, uint64_t bytes) {
    struct dioaudit_thread *rows = context.thread;
    if (!rows) rows = ledger_claim_rows();
    if (rows) {
        if (phase == DIOAUDIT_PHASE_CLOSED) phases_settle_interlude(rows);
        add(&rows->cells[phase][cell].calls, calls);
        add(&rows->cells[phase][cell].bytes, bytes);
        return;
    }
    rows = ledger_shared_rows();
    if (phase == DIOAUDIT_PHASE_CLOSED) phase = process.interlude_from;  // shared rows cannot tell interludes apart
    add_shared(&rows->cells[phase][cell].calls, calls);
    add_shared(&rows->cells[phase][cell].bytes, bytes);
    add_shared(&process.record->shared_thread_calls, calls);
}

static void note_last_transfer(enum dioaudit_event event, uint64_t transfer) {
    struct dioaudit_thread *rows = context.thread ? context.thread : ledger_shared_rows();
    rows->last_transfer[event] = transfer + 1;
}

void context_enter(uint32_t phase) {
    bool plain = phase == DIOAUDIT_PHASE_SETUP || phase == DIOAUDIT_PHASE_EXIT;
    size_t cells = offsetof(struct dioaudit_thread, cells) + phase * sizeof(((struct dioaudit_thread *)0)->cells[0]);
    __atomic_store_n(&process.plain_cells, plain ? cells : 0, __ATOMIC_RELEASE);
    __atomic_store_n(&process.phase, phase, __ATOMIC_RELEASE);
}

__attribute__((preserve_most)) void context_count(enum dioaudit_event event, uint64_t bytes) {
    if (context.suspended) return;
    if (!process.phase && !ledger_attach()) {
        count_early(event, bytes);
        return;
    }
    uint32_t phase = context_phase();
    context_count_in(phase, event, 1, bytes);
    if (phase == DIOAUDIT_PHASE_SETUP || phase == DIOAUDIT_PHASE_EXIT) return;

    uint64_t transfer = process.record->transfers + (context.ordinal != 0);
    note_last_transfer(event, transfer);
    if (phase != DIOAUDIT_PHASE_WARMUP && (ledger->config.strict_events >> event & 1))
        sites_record(event, bytes, phase, transfer);
}
