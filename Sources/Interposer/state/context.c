#include "context.h"

#include "../rules.h"

THREAD_LOCAL struct context context;

union process_memory process_memory __attribute__((aligned(4096)));

// Released after what the phase needs, its record above all. Who counts reads both by a plain load, which x86-64 orders; the
// barrier is the compiler's. A machine that does not order loads needs them by acquire.
void context_enter(uint32_t phase) {
    bool plain = phase == DIOAUDIT_PHASE_SETUP || phase == DIOAUDIT_PHASE_EXIT;
    size_t cells = offsetof(struct dioaudit_thread, cells) + phase * sizeof(((struct dioaudit_thread *)0)->cells[0]);
    __atomic_store_n(&process.plain_cells, plain ? cells : 0, __ATOMIC_RELEASE);
    __atomic_store_n(&process.phase, phase, __ATOMIC_RELEASE);
}
