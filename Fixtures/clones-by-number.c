// Intent: syscall(SYS_clone) makes a child that shares the memory, on a stack of its own: it returns there to the address on top, as
// it does from libc's function. It is named as a child that shares the memory.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: made 1 process that share its memory
// Warmup: transfers 1
// Steady: transfers 19
#include "direct.h"
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static char stack[65536] __attribute__((aligned(16)));
static volatile int ran;

static void child(void) {
    ran = 1;
    __asm__ volatile("syscall" : : "a"(SYS_exit_group), "D"(0));
    __builtin_unreachable();
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]), status;
    write_blocks(fd, 10);
    void **top = (void **)(stack + sizeof(stack) - 64);
    *top = child;
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_VM | SIGCHLD, top, NULL, NULL, 0);
    require(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0 && ran, "the child");
    write_blocks(fd, 10);
    close(fd);
}
