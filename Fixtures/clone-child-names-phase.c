// Intent: a child by clone that shares the memory, and nothing else, says that teardown begins, allocates, and exits: its
// allocation is counted, and the phase goes on.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Reason: made 1 process that share its memory (clone with CLONE_VM)
// Setup: malloc 1/1
// Warmup: transfers 1
// Steady: transfers 19, malloc 8/80
// Teardown: nothing
// Violation: malloc 1/10 first 10 in child < __clone
// Violation: malloc 7/70 first 10 in main
#include "direct.h"
#include "dioaudit.h"
#include <sched.h>
#include <sys/wait.h>

static char stack[65536] __attribute__((aligned(16)));

static int child(void *nothing) {
    (void)nothing;
    dioaudit_phase("teardown");
    keep(malloc(10));
    exit(0);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    keep(malloc(1));
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    int status;
    pid_t pid = clone(child, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
    require(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0, "the child");
    for (int i = 0; i < 7; i++) keep(malloc(10));
    write_blocks(fd, 10);
    close(fd);
}
