// Page faults of the threads that are in an assertion which judges them. A question costs a system call: of others nothing is asked.
#include "faults.h"

#include <sys/resource.h>

#include "../base/system.h"
#include "../state/context.h"
#include "../rules.h"

static THREAD_LOCAL struct {
    bool wanted;
    bool refused;
    bool suspended;  // own work began while they were wanted, at `edge`
    struct dioaudit_faults edge;
} mine;

static int32_t own_pid;

void assertion_begin_process(void) {
    own_pid = (int32_t)SYSTEM(SYS_getpid);
}

bool assertion_process_is_own(void) {
    return SYSTEM(SYS_getpid) == own_pid;
}

void assertion_faults_want(bool wanted) {
    mine.wanted = wanted;
}

bool assertion_faults_refused(void) {
    return mine.refused;
}

struct dioaudit_faults faults_of_thread(void) {
    struct rusage usage;
    if (!mine.wanted) return (struct dioaudit_faults){0};
    // A filter stays with the thread. Test: TestLibraryTests, page faults that cannot be asked for
    if (!system_usage(RUSAGE_THREAD, &usage)) {
        mine.refused = true;
        return (struct dioaudit_faults){0};
    }
    return (struct dioaudit_faults){
        (uint64_t)usage.ru_minflt - context.taken_faults.minor, (uint64_t)usage.ru_majflt - context.taken_faults.major};
}

// TRAP: a vfork child has its parent's memory and page faults of its own.
void faults_disown(struct dioaudit_faults before) {
    if (!mine.wanted || !assertion_process_is_own()) return;
    struct dioaudit_faults after = faults_of_thread();
    if (mine.refused) return;
    add(&context.taken_faults.minor, after.minor - before.minor);
    add(&context.taken_faults.major, after.major - before.major);
}

void assertion_faults_suspend(void) {
    mine.suspended = mine.wanted;
    mine.edge = faults_of_thread();
}

void assertion_faults_resume(void) {
    if (mine.suspended) faults_disown(mine.edge);
}
