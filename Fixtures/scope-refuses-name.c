// Intent: a filter of the program's own refuses to tell the name of a thread that is judged by its name. Its calls count.
// Options: --scope thread:worker --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: transfers 19, malloc 5/50
// Violation: malloc 5/50 first 11 in work
#include "direct.h"
#include <errno.h>
#include <pthread.h>
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
        REFUSE(SYS_prctl),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
    require(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS");
    require(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "PR_SET_SECCOMP");
}

static void *work(void *file) {
    require(prctl(PR_SET_NAME, "worker") == 0, "PR_SET_NAME");
    int fd = *(int *)file;
    free(keep(malloc(1)));
    write_blocks(fd, 11);
    refuse();
    for (int i = 0; i < 5; i++) keep(malloc(10));
    write_blocks(fd, 9);
    close(fd);
    return NULL;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    pthread_t thread;
    require(pthread_create(&thread, NULL, work, &fd) == 0, "pthread_create");
    pthread_join(thread, NULL);
}
