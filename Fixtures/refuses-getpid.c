// Intent: a filter of the program's own refuses getpid. A vfork child that ends by exit is told from its parent all the same, whose
// steady phase goes on.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: malloc 1/1, free 1
// Warmup: transfers 1
// Steady: transfers 14, malloc 5/50
// Violation: malloc 5/50 first 10 in main
#include "direct.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define REFUSE(number) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

static void refuse(void) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        REFUSE(SYS_getpid),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
    require(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS");
    require(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "PR_SET_SECCOMP");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    free(keep(malloc(1)));
    int fd = open_direct(arguments[1]), status;
    refuse();
    write_blocks(fd, 10);
    pid_t child = vfork();
    if (child == 0) exit(0);
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
    for (int i = 0; i < 5; i++) {
        keep(malloc(10));
        write_block(fd, i);
    }
    close(fd);
}
