#include "edges.h"

#include "../base/system.h"
#include "../state/context.h"
#include "../state/identity.h"
#include "../state/ledger.h"
#include "../rules.h"

// Null if the table is full: then the time is noted in edges_lost_at.
static struct dioaudit_edge *claim_edge(uint32_t room, uint64_t nanoseconds) {
    uint32_t index = room;
    if (__atomic_load_n(&ledger->header.edges_used, __ATOMIC_RELAXED) < room)
        index = __atomic_fetch_add(&ledger->header.edges_used, 1, __ATOMIC_RELAXED);
    if (index < room) return &ledger->edges[index];
    if (!process.record->edges_lost_at) process.record->edges_lost_at = nanoseconds;
    return NULL;
}

static void fill(struct dioaudit_edge *edge, uint32_t phase, int32_t tid, uint32_t allows, uint64_t nanoseconds) {
    if (!edge) return;
    edge->nanoseconds = nanoseconds;
    edge->owner = ledger_process_index();
    edge->phase = phase;
    edge->interlude = process.interlude;
    edge->tid = tid;
    edge->allows = allows;
    __atomic_store_n(&edge->ready, 1, __ATOMIC_RELEASE);
}

void edges_note(uint32_t phase, uint64_t nanoseconds) {
    struct dioaudit_edge *closed = process.closed_edge;
    if (phase == DIOAUDIT_PHASE_CLOSED) {
        // One edge for all interludes: a program that reopens its file for each transfer would fill the table.
        if (!closed) closed = process.closed_edge = claim_edge(DIOAUDIT_EDGES, nanoseconds);
        fill(closed, phase, 0, 0, nanoseconds);
        return;
    }
    bool reopened = closed && closed->phase == DIOAUDIT_PHASE_CLOSED && phase != DIOAUDIT_PHASE_EXIT;
    if (reopened) closed->phase = DIOAUDIT_PHASE_NONE;
    else fill(claim_edge(DIOAUDIT_EDGES, nanoseconds), phase, 0, 0, nanoseconds);
}

void edges_note_thread(uint32_t phase, uint64_t nanoseconds) {
    fill(claim_edge(DIOAUDIT_EDGES, nanoseconds), phase, identity_thread(), 0, nanoseconds);
}

// Two edges for what is over: a beginning without an end (longjmp) would hide later events. Null if the table has no room: the
// host then charges what lies between them to the steady phase: too many events there, never too few.
static struct dioaudit_edge *claim_pair(void) {
    if (__atomic_load_n(&ledger->header.edges_used, __ATOMIC_RELAXED) + 2 > DIOAUDIT_ALLOWED_EDGES) return NULL;
    uint32_t index = __atomic_fetch_add(&ledger->header.edges_used, 2, __ATOMIC_RELAXED);
    return index + 2 > DIOAUDIT_EDGES ? NULL : &ledger->edges[index];
}

void edges_note_warmup(uint64_t began, uint64_t ended) {
    struct dioaudit_edge *pair = claim_pair();
    if (!pair) return;
    int32_t tid = identity_thread();
    fill(&pair[0], DIOAUDIT_PHASE_WARMUP, tid, 0, began);
    fill(&pair[1], DIOAUDIT_PHASE_NONE, tid, 0, ended);
}

void edges_note_own(uint64_t began, uint64_t ended) {
    struct dioaudit_edge *pair = claim_pair();
    if (!pair) return;
    int32_t tid = identity_thread();
    fill(&pair[0], DIOAUDIT_PHASE_NONE, tid, DIOAUDIT_OWN_BEGIN, began);
    fill(&pair[1], DIOAUDIT_PHASE_NONE, tid, DIOAUDIT_OWN_END, ended);
}

void edges_note_allowed(uint32_t allows, uint64_t nanoseconds) {
    struct dioaudit_edge *edge = claim_edge(DIOAUDIT_ALLOWED_EDGES, nanoseconds);
    fill(edge, DIOAUDIT_PHASE_NONE, identity_thread(), allows, nanoseconds);
}
