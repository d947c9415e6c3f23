#include "context.h"

#include "../rules.h"

THREAD_LOCAL struct context context;

union process_memory process_memory __attribute__((aligned(4096)));

// The stores release all that the phase needs, above all the process's record. The counting path reads both by plain loads,
// which x86-64 orders, so the barrier binds only the compiler. A machine that reorders loads needs acquire loads there.
void context_enter(uint32_t phase) {
    bool plain = (phase == DIOAUDIT_PHASE_SETUP && !process.record->timed_from) || phase == DIOAUDIT_PHASE_EXIT;
    size_t cells = offsetof(struct dioaudit_thread, cells) + phase * sizeof(((struct dioaudit_thread *)0)->cells[0]);
    __atomic_store_n(&process.plain_cells, plain ? cells : 0, __ATOMIC_RELEASE);
    __atomic_store_n(&process.phase, phase, __ATOMIC_RELEASE);
}
