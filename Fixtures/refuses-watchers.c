// Becomes the program that its arguments name, where nobody may watch system calls: a filter refuses perf_event_open and bpf, and there
// is a seccomp user notification, beside which the kernel makes no other. SyscallsTests starts dioaudit by it.
#include "refuses.h"

static void take_notification(void) {
    struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = {1, &allow};
    long listener = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
    require(listener >= 0 && dup((int)listener) >= 0, "a notification");  // the copy stays open over exec
}

int main(int count, char **arguments) {
    require(count > 1, "which program?");
    REFUSE(EPERM, SYS_perf_event_open, SYS_bpf);
    take_notification();
    execv(arguments[1], arguments + 1);
    require(0, arguments[1]);
}
