// Intent: a handler forks inside a file's first transfer in the steady phase, past libc: inotify reports the write by a signal, which
// the kernel delivers before the write returns. The child returns from a transfer that its parent made, which is none of the
// child's; it then has a warm-up of its own, and allocates in its steady phase.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 3
// Steady: transfers 18, malloc 4/40
// Violation: malloc 4/40 in main
#include "direct.h"
#include <signal.h>
#include <sys/inotify.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static int watch;
static volatile long child = -1;

static void told(int number) {
    (void)number;
    static char event[BLOCK];
    if (read(watch, event, sizeof(event)) <= 0) return;
    __asm__ volatile("syscall" : "=a"(child) : "a"(SYS_fork) : "rcx", "r11", "memory");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    free(keep(malloc(1)));
    int first = open_direct(arguments[1]), second = open_direct(arguments[1]);
    signal(SIGIO, told);
    watch = inotify_init1(IN_NONBLOCK);
    require(fcntl(watch, F_SETOWN, getpid()) == 0 && fcntl(watch, F_SETFL, O_ASYNC | O_NONBLOCK) == 0, "O_ASYNC");
    write_blocks(first, 10);
    require(inotify_add_watch(watch, arguments[1], IN_MODIFY | IN_ONESHOT) >= 0, "inotify_add_watch");
    write_block(second, 0);
    require(child >= 0, "the signal came");
    if (child == 0) {
        write_blocks(second, 5);
        for (int i = 0; i < 4; i++) {
            write_block(second, i);
            keep(malloc(10));
        }
        _exit(0);
    }
    int status;
    require(waitpid((pid_t)child, &status, 0) == child && status == 0, "the child");
    write_block(second, 1);
    close(first);
    close(second);
}
