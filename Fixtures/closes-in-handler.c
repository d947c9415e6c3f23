// Intent: a signal handler opens and closes the file again and again, while the signal may have come inside malloc. What the
// edges read takes no lock that the interrupted malloc may hold.
// Options: --syscalls off --allow heap,faults,mappings
// Exit: 0
// Verdict: pass
// Warmup: transfers 501
// Steady: transfers 1, malloc >=1, free >=1
#include "direct.h"
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

enum { TIMES = 500 };

static const char *path;
static volatile int times;

static void reopen(int signal) {
    (void)signal;
    if (times >= TIMES) return;
    int fd = open_direct(path);
    write_block(fd, 0);
    close(fd);
    times++;
}

static void *idle(void *nothing) {
    pause();  // with one thread libc's malloc takes no lock
    return nothing;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    path = arguments[1];
    pthread_t thread;
    sigset_t alarms;
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarms, NULL);
    require(pthread_create(&thread, NULL, idle, NULL) == 0, "pthread_create");
    pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
    signal(SIGALRM, reopen);
    write_blocks(open_direct(path), 2);
    closefrom(3);
    struct itimerval often = {{0, 1000}, {0, 1000}};
    require(setitimer(ITIMER_REAL, &often, NULL) == 0, "setitimer");
    while (times < TIMES) {
        void *blocks[64];
        for (int i = 0; i < 64; i++) blocks[i] = keep(malloc(2000 + (size_t)i * 16));
        for (int i = 0; i < 64; i++) free(blocks[i]);
    }
    _exit(0);
}
