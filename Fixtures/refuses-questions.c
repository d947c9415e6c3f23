// Intent: a filter of the program's own refuses getrusage, fcntl and getpid: what was asked and not answered is unknown, and not
// zero. The last file's close is its own to see all the same.
// Options: --no-require-lock
// Exit: 2
// Verdict: inconclusive
// Reason: getrusage(2) was refused
// Reason: than can be followed
// Warmup: transfers 1
// Steady: transfers 99
// Teardown: transfers 0, malloc 100/3200
#include "direct.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#define REFUSE(number) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

static void refuse(void) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        REFUSE(SYS_getrusage),
        REFUSE(SYS_fcntl),
        REFUSE(SYS_getpid),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
    require(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS");
    require(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "PR_SET_SECCOMP");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    refuse();
    open_direct(arguments[1]);  // this one looks like any other file
    write_blocks(fd, 100);
    close(fd);
    for (int i = 0; i < 100; i++) keep(malloc(32));
    _exit(0);
}
