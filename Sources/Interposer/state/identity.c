#include "identity.h"

#include <fcntl.h>
#include <string.h>

#include "../base/procfile.h"
#include "ledger_socket.h"
#include "../rules.h"

// TRAP: a filter may also make a call succeed with 0, without making it. Neither process nor thread has that number.
// Fixture: refuses-identity.c
static int32_t sound(long number) {
    return number > 0 ? (int32_t)number : 0;
}

static void note_refused(void) {
    if (process.record) process.record->identity_refused = 1;
}

// A thread whose number is also its process's is the first one. Another thread is never asked: a process attaches by its first.
int32_t identity_process_inside(void) {
    int32_t pid = sound(SYSTEM(SYS_getpid));
    if (pid) return pid;
    int32_t tid = sound(SYSTEM(SYS_gettid));
    return tid && SYSTEM(SYS_tgkill, tid, tid, 0) == 0 ? tid : 0;
}

int32_t identity_thread_inside(void) {
    int32_t tid = sound(SYSTEM(SYS_gettid));
    if (!tid) note_refused();
    return tid;
}

// Signal 0 to the calling thread as one of this process's: ESRCH if it is another's. If that question is refused, too, the call
// counts as this process's own, and there is no pass.
bool identity_is_ours(void) {
    int32_t tid = sound(SYSTEM(SYS_gettid));
    long answer = tid ? SYSTEM(SYS_tgkill, process.pid_inside, tid, 0) : -ENOSYS;
    if (answer == -ESRCH) return false;
    if (answer != 0) note_refused();
    return true;
}

// MARK: pid namespaces

static const struct dioaudit_config *config;
static bool is_elsewhere;  // in another pid namespace than dioaudit, as a forked child is then, too

// A process's first child in a new pid namespace, and each whose parent is outside, has no parent that it could name.
static bool has_parent_outside(void) {
    return SYSTEM(SYS_getppid) <= 0;
}

// By whichever /proc is mounted here: no two pid namespaces have one inode.
static bool is_in_dioaudits_namespace(void) {
    static const char prefix[] = "pid:[";
    char name[32] = "";
    return SYSTEM(SYS_readlinkat, AT_FDCWD, "/proc/self/ns/pid", name, sizeof(name) - 1) > 0 &&
           strncmp(name, prefix, sizeof(prefix) - 1) == 0 && procfile_number(name) == config->pid_namespace;
}

void identity_attach(struct dioaudit_process *record, const struct dioaudit_config *request, bool is_image) {
    config = request;
    process.pid_inside = identity_process_inside();
    // A forked child is where its parent was, or has none here. It may have no /proc, after chroot.
    is_elsewhere = is_elsewhere || has_parent_outside() || (is_image && !is_in_dioaudits_namespace());
    process.is_elsewhere = is_elsewhere;
    record->pid = process.pid_inside;
    record->parent_pid = (int32_t)SYSTEM(SYS_getppid);
    if (!is_elsewhere) return;
    struct dioaudit_answer answer = {0};
    int none;
    bool answered = ledger_ask((struct dioaudit_question){.tid = process.pid_inside}, &answer, &none) && answer.pid > 0;
    record->pid = answered ? answer.pid : 0;
    record->parent_pid = answered ? answer.parent_pid : 0;
    if (!answered) record->numbers_unknown = 1;
}

int32_t identity_process(void) {
    if (process_is_ours()) return process.record->pid;
    return process.is_elsewhere || has_parent_outside() ? 0 : identity_process_inside();
}

// Without memory there is no socket.
static bool may_ask(void) {
    return !process.record->numbers_unknown && !(config->squeeze && context_is_strict(process.phase));
}

int32_t identity_of(int32_t tid_inside) {
    if (!process.is_elsewhere) return tid_inside;
    if (tid_inside == process.pid_inside) return process.record->pid > 0 ? process.record->pid : -1;
    struct dioaudit_answer answer = {0};
    int none;
    if (may_ask() && ledger_ask((struct dioaudit_question){.tid = tid_inside}, &answer, &none) && answer.tid > 0)
        return answer.tid;
    process.record->numbers_unknown = 1;
    return -1;
}

int32_t identity_thread(void) {
    int32_t inside = identity_thread_inside();
    if (!inside) return -1;
    if (likely(!process.is_elsewhere)) return inside;
    if (context.tid_inside != inside) {
        context.tid = identity_of(inside);
        context.tid_inside = inside;
    }
    return context.tid;
}

enum numbering identity_of_proc(void) {
    if (!process.is_elsewhere) return NUMBERED_INSIDE;
    char name[16] = "";
    if (SYSTEM(SYS_readlinkat, AT_FDCWD, "/proc/self", name, sizeof(name) - 1) <= 0) return NUMBERED_OTHERWISE;
    bool is_inside = procfile_number(name) == (uint64_t)process.pid_inside;
    bool is_outside = procfile_number(name) == (uint64_t)process.record->pid;
    if (is_inside == is_outside) return NUMBERED_OTHERWISE;  // both, by chance: then its threads' may be either
    return is_inside ? NUMBERED_INSIDE : NUMBERED_OUTSIDE;
}
