// Intent: a vfork child is killed inside a file's first transfer (its write passes the limit of a file's size, and the kernel sends
// SIGXFSZ), in its parent's memory. What the parent allocates afterwards, deeper on the stack, is in no transfer.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: malloc 1/1, free 1
// Warmup: transfers 1
// Steady: transfers 15, malloc 5/50
// Teardown: nothing
// Violation: malloc 5/50 first 11 in deeper < main
#include "direct.h"
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

__attribute__((noinline)) static void deeper(int fd) {
    char room[20000];
    keep(room);
    for (int i = 0; i < 5; i++) {
        keep(malloc(10));
        write_block(fd, i);
    }
    keep(room);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    free(keep(malloc(1)));
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){1 << 20, RLIM_INFINITY});
    int first = open_direct(arguments[1]), second = open_direct(arguments[1]);
    write_blocks(first, 11);
    int status;
    pid_t child = vfork();
    if (child == 0) {
        write_block(second, 1 << 10);
        _exit(0);
    }
    require(waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ, "the child");
    deeper(first);
    close(second);
    close(first);
}
