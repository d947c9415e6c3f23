#include "attach.h"

#include <fcntl.h>
#include <unistd.h>

#include "../base/system.h"
#include "../phases/phases.h"
#include "../phases/regions.h"
#include "../state/ledger.h"
#include "../tables/direct_files.h"
#include "../tables/early.h"
#include "../tables/site_memory.h"
#include "../state/identity.h"
#include "../rules.h"

static bool refused;    // there is no ledger for this program, now or later
static bool attaching;  // a signal handler or an allocation during attach must not attach again

static struct dioaudit_process *claim_record(void) {
    for (uint32_t i = 0; i < DIOAUDIT_PROCESSES; i++) {
        struct dioaudit_process *record = &ledger->processes[i];
        uint32_t expected = DIOAUDIT_PROCESS_FREE;
        if (__atomic_compare_exchange_n(&record->state, &expected, DIOAUDIT_PROCESS_CLAIMED, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED))
            return record;
    }
    return NULL;
}

static bool begin_process(void) {
    struct dioaudit_process *record = claim_record();
    if (!record) {
        __atomic_fetch_add(&ledger->header.lost_processes, 1, __ATOMIC_RELAXED);
        return false;
    }
    identity_attach(record, &ledger->config, record == ledger->processes);
    // A forked child has its parent's, and may have no /proc, after chroot.
    char *executable = ledger->header.executable;
    if (!executable[0]) SYSTEM(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", executable, DIOAUDIT_PATH - 1);

    struct context parent = context;
    context = (struct context){0};  // a child has a copy of its parent's TLS, which refers to the parent's rows
    process.record = record;
    process.interlude = 0;
    process.closed_edge = NULL;
    direct_files_forget_transfers();
    ledger_touch();
    site_memory_touch();
    phases_begin(record);
    __atomic_store_n(&record->state, DIOAUDIT_PROCESS_ACTIVE, __ATOMIC_RELEASE);
    context_enter(DIOAUDIT_PHASE_SETUP);
    early_adopt();
    phases_inherit(parent.own_phase);
    regions_inherit(&parent);
    return true;
}

bool attach(void) {
    // TRAP: a forked child may have cleared its environment. It needs none: its parent's ledger is mapped. Fixture:
    // clears-environment-and-forks.c
    if (refused || attaching || (!ledger && !environ)) return false;
    attaching = true;
    bool attached = ledger_open() && begin_process();
    refused = !attached;
    attaching = false;
    return attached;
}
