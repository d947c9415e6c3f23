#include "identity.h"

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
int32_t identity_process(void) {
    int32_t pid = sound(SYSTEM(SYS_getpid));
    if (pid) return pid;
    int32_t tid = sound(SYSTEM(SYS_gettid));
    return tid && SYSTEM(SYS_tgkill, tid, tid, 0) == 0 ? tid : 0;
}

int32_t identity_thread(void) {
    int32_t tid = sound(SYSTEM(SYS_gettid));
    if (tid) return tid;
    note_refused();
    return -1;
}

// Signal 0 to the calling thread as one of this process's: ESRCH if it is another's. If that question is refused, too, the call
// counts as this process's own, and there is no pass.
bool identity_is_ours(void) {
    int32_t tid = sound(SYSTEM(SYS_gettid));
    long answer = tid ? SYSTEM(SYS_tgkill, process.record->pid, tid, 0) : -ENOSYS;
    if (answer == -ESRCH) return false;
    if (answer != 0) note_refused();
    return true;
}
