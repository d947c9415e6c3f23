// Intent: as handler-inside-transfer.c, in a thread and with the handler on a signal stack that lies above the
// thread's: where an allocation's frame lies says nothing about the transfer that it is made in. The second file's first transfer
// excuses no handler.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 2, malloc 1/33, free 1
// Steady: transfers 1, malloc 1/33, free 1
// Violation: malloc 1/33 first 2 in told
#include "direct.h"
#include <pthread.h>
#include <signal.h>
#include <sys/inotify.h>

enum { ROOM = 1 << 16 };
static int watch;
static char *room;

static void told(int number) {
    (void)number;
    static char event[BLOCK];
    if (read(watch, event, sizeof(event)) > 0) free(keep(malloc(33)));
}

static void *transfer(void *path) {
    stack_t stack = {.ss_sp = room, .ss_size = ROOM};
    require((char *)&stack < room, "the signal stack lies above");
    require(sigaltstack(&stack, NULL) == 0, "sigaltstack");
    int first = open_direct(path), second = open_direct(path);
    require(inotify_add_watch(watch, path, IN_MODIFY | IN_ONESHOT) >= 0, "inotify_add_watch");
    write_block(first, 0);
    write_block(first, 1);
    require(inotify_add_watch(watch, path, IN_MODIFY | IN_ONESHOT) >= 0, "inotify_add_watch");
    write_block(second, 2);
    close(first);
    close(second);
    return NULL;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    room = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    sigaction(SIGIO, &(struct sigaction){.sa_handler = told, .sa_flags = SA_ONSTACK}, NULL);
    watch = inotify_init1(IN_NONBLOCK);
    fcntl(watch, F_SETOWN, getpid());
    fcntl(watch, F_SETFL, O_ASYNC | O_NONBLOCK);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGIO);
    pthread_t thread;
    require(pthread_create(&thread, NULL, transfer, arguments[1]) == 0, "pthread_create");
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    pthread_join(thread, NULL);
}
