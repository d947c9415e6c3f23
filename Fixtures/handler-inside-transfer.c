// Intent: a signal handler allocates during a write: inotify reports the write by a signal, which the kernel delivers before
// the write returns. A first transfer excuses its own call and no handler: outside the process's warm-up the calls are steady.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 2, malloc 1/33, free 1
// Steady: transfers 18, malloc 19/627, free 19
// Teardown: nothing
// Violation: malloc 19/627 first 2 in notified < main
#include "direct.h"
#include <signal.h>
#include <sys/inotify.h>

static int watch;
static volatile int times;

static void notified(int number) {
    (void)number;
    static char event[BLOCK];
    if (read(watch, event, sizeof(event)) <= 0) return;
    times++;
    free(keep(malloc(33)));
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int first = open_direct(arguments[1]), second = open_direct(arguments[1]);
    watch = inotify_init1(IN_NONBLOCK);
    require(inotify_add_watch(watch, arguments[1], IN_MODIFY) >= 0, "inotify_add_watch");
    signal(SIGIO, notified);
    require(fcntl(watch, F_SETOWN, getpid()) == 0 && fcntl(watch, F_SETFL, O_ASYNC | O_NONBLOCK) == 0, "O_ASYNC");
    for (int i = 0; i < 20; i++) {
        write_block(i < 10 ? first : second, i);
        require(times == i + 1, "the signal came");
    }
    close(first);
    close(second);
}
