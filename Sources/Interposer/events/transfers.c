#include "transfers.h"

#include "../base/clock.h"
#include "../base/system.h"
#include "../phases/accounting.h"
#include "../phases/phases.h"
#include "../state/context.h"
#include "../state/faults.h"
#include "../state/ledger.h"
#include "../tables/edges.h"
#include "../tables/rows.h"
#include "counting.h"
#include "files.h"
#include "../rules.h"

// If the program names its phases itself, files have no warm-up of their own.
static uint64_t warmup_of_each_file(enum direction direction) {
    return phases_automatic() ? ledger->config.warmup_transfers[direction] : 0;
}

// What the transfers of a phase move, in the process's phase even where they are a file's warm-up, since the kernel's accounting
// (phases/accounting.h) knows no other. They count as asked for when the call begins: a thread that is in a transfer when the
// process ends never counts what it moved.
static void explain(uint32_t phase, const uint64_t *bytes, const uint64_t *instead_of) {
    struct dioaudit_balance *balance = accounting_of(process.record, phase);
    for (int direction = 0; balance && direction < DIRECTIONS; direction++) {
        uint64_t more = bytes[direction] - (instead_of ? instead_of[direction] : 0);
        if (more) add_shared(&balance->explained.bytes[direction], more);
    }
}

// The kernel may account what these transfers move to a later phase than theirs.
static void note_deferred(const struct transfer_call *call) {
    if (!call->is_asynchronous && call->edge == process.record->edge_nanoseconds) return;
    if (call->process_phase == DIOAUDIT_PHASE_STEADY) return;
    for (int direction = 0; direction < DIRECTIONS; direction++)
        if (call->bytes[direction]) add_shared(&process.record->deferred.bytes[direction], call->bytes[direction]);
}

static bool is_after_warmup(uint32_t phase) {
    return context_is_strict(phase) || phase == DIOAUDIT_PHASE_ALLOWED || phase == DIOAUDIT_PHASE_ALLOWED_CLOSED;
}

// TRAP: a thread whose transfers all fail does transfers: when a disk fails, that is the thread that matters. Fixture:
// scope-failing-disk.c. And a transfer that is a file's warm-up in the steady phase is one of that, too. Fixture: scope-new-files.c
static void note_transferring_thread(const struct transfer_call *call) {
    if (!is_after_warmup(call->phase) && !is_after_warmup(call->process_phase)) return;
    struct dioaudit_thread *rows = context.rows ? context.rows : rows_claim();
    if (rows) rows->does_transfers = 1;
}

void transfers_begin(struct transfer_call *call, struct transfer_plan plan) {
    files_notice_closed();
    phases_notice_host();
    bool began_warmup = plan.transfers && phases_transfer_begins();
    uint32_t phase = event_phase();  // first: it may find that the outer transfer was left
    *call = (struct transfer_call){
        .began_warmup = began_warmup,
        .phase = phase,
        .process_phase = process.phase,
        .edge = process.record->edge_nanoseconds,
        .is_asynchronous = plan.is_asynchronous,
        .asked = {plan.asked[DIRECTION_READ], plan.asked[DIRECTION_WRITE]},
        .outer_warmup_frame = context.warmup_frame,
        .outer_ordinal = context.ordinal,
        .jumps = context.jumps,
        .record = process.record,
    };
    context.ordinal = process.record->transfers + 1;
    if (plan.transfers) note_transferring_thread(call);
    explain(call->process_phase, call->asked, NULL);
    context.warmup_frame = plan.warmup ? (uintptr_t)call : 0;
    if (!plan.warmup) return;
    call->counts_faults = call->phase == DIOAUDIT_PHASE_STEADY || call->phase == DIOAUDIT_PHASE_ALLOWED;
    if (!call->counts_faults) return;
    call->faults = faults_of_thread();
    call->began = clock_now();
}

// TRAP: a signal handler may fork. The child returns from a call that it did not make, perhaps before it has attached.
// Fixture: forks-inside-transfer.c
static bool is_anothers(const struct transfer_call *call) {
    return unlikely(call->record != process.record);
}

void transfers_end(struct transfer_call *call) {
    if (is_anothers(call)) return;
    bool was_left = call->jumps != context.jumps;
    if (call->counts_faults && !was_left) {
        faults_move(call->faults, DIOAUDIT_PHASE_WARMUP);
        edges_note_warmup(call->began, clock_now());
    }
    explain(call->process_phase, call->bytes, call->asked);
    note_deferred(call);
    context.warmup_frame = was_left ? 0 : call->outer_warmup_frame;
    context.ordinal = was_left ? 0 : call->outer_ordinal;
    if (call->moved) phases_transfer_ended();
    else if (call->began_warmup) phases_nothing_moved();
    phases_notice_host();
}

bool transfer_begins(struct direct_file *file, enum direction direction) {
    return direct_files_begin(file, direction, warmup_of_each_file(direction));
}

void transfer_done(struct transfer_call *call, struct direct_file *file, enum direction direction, uint64_t bytes) {
    if (is_anothers(call)) return;
    call->moved = true;
    call->bytes[direction] += bytes;
    phases_transfer_done();
    bool warmup = direct_files_finish(file, direction, warmup_of_each_file(direction));
    uint32_t phase = warmup && is_after_warmup(call->phase) ? (uint32_t)DIOAUDIT_PHASE_WARMUP : call->phase;
    rows_count(phase, DIOAUDIT_TRANSFER_READ + direction, 1, bytes);
    add_shared(&process.record->transfers, 1);
}

void transfer_reads_too(struct transfer_call *call, struct direct_file *file, uint64_t bytes) {
    call->bytes[DIRECTION_READ] += bytes;
    direct_files_finish(file, DIRECTION_READ, warmup_of_each_file(DIRECTION_READ));
}

void transfer_failed(struct direct_file *file, enum direction direction) {
    direct_files_give_up(file, direction);
}

void transfers_count_sync(void) {
    rows_count(event_phase(), DIOAUDIT_SYNC, 1, 0);
}

