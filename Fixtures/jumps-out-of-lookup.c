// Intent: a signal handler leaves by longjmp the lookup of libaio that the interposer makes at the first io_setup, and whose events are
// not the program's: those after it are.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: malloc 1/1, free 1
// Warmup: transfers 1
// Steady: transfers 59, malloc 50/500, free 50
// Violation: malloc 50/500 first 10 in main
#include "direct.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

int io_setup(int events, void **context) __attribute__((weak));

static sigjmp_buf out;

static void leave(int signal) {
    (void)signal;
    siglongjmp(out, 1);
}

// The dynamic linker maps its cache of libraries so, and nothing else does.
static void trap_private_mappings(void) {
    enum { ARGUMENT = offsetof(struct seccomp_data, args) };
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 0, 5),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT + 2 * 8),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PROT_READ, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT + 3 * 8),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MAP_PRIVATE, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
    require(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS");
    require(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0, "PR_SET_SECCOMP");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    free(keep(malloc(1)));
    signal(SIGSYS, leave);
    int fd = open_direct(arguments[1]);
    trap_private_mappings();
    write_blocks(fd, 10);
    void *context = NULL;
    if (sigsetjmp(out, 1) == 0) {
        if (io_setup) io_setup(1, &context);
        require(!io_setup, "the lookup was not left");
    }
    for (int i = 0; i < 50; i++) {
        free(keep(malloc(10)));
        write_block(fd, i);
    }
    close(fd);
}
