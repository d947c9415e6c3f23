// Intent: it never ends, in one of several ways. HangTests run it with --timeout, and know where its threads stand.
// threads: the first waits in a read of a FIFO, below a function whose frame is realigned; the second for a mutex of the first's.
// vfork: a child waits for the FIFO, and its parent for the child, in the kernel, where it takes no signals.
// busy: it waits for nothing.
// signal: a signal handler waits for the FIFO that came at the first instruction of a function.
// stays: as threads; on SIGTERM it makes a file, and continues.
#include "direct.h"
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <ucontext.h>

static const char *fifo;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) static void waits_for_fifo(void) {
    char byte;
    int fd = open(fifo, O_RDWR);  // so that nobody else need open it
    require(fd >= 0, "open of the FIFO");
    keep(read(fd, &byte, 1) < 0 ? &byte : NULL);
}

__attribute__((noinline)) static void waits_realigned(long count) {
    char room[64] __attribute__((aligned(64)));
    char more[count % 7 + 16];
    keep(room);
    keep(more);
    waits_for_fifo();
    keep(room);
    keep(more);
}

__attribute__((noinline)) static void waits_for_mutex(void) {
    pthread_mutex_lock(&mutex);
    keep(&mutex);
}

static void *second_thread(void *name) {
    pthread_setname_np(pthread_self(), name);
    waits_for_mutex();
    return name;
}

__attribute__((noinline)) static void waits_for_child(void) {
    pid_t child = vfork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);  // else it would outlive the test
        waits_for_fifo();
        _exit(0);
    }
    keep(&child);
}

__attribute__((noinline)) static void interrupted(void) {
    keep(NULL);
}

// After each instruction from raise on.
static void waits_at_interrupted(int number, siginfo_t *info, void *context) {
    (void)number, (void)info;
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    registers[REG_EFL] |= 0x100;  // the processor's trap flag
    if (registers[REG_RIP] == (greg_t)interrupted) waits_for_fifo();
    keep(registers);
}

static void make_file(int signal) {
    (void)signal;
    char path[256] = "";
    strncat(strncpy(path, fifo, 200), ".told", 6);
    close(open(path, O_CREAT | O_WRONLY, 0600));
}

int main(int count, char **arguments) {
    require(count == 3, "usage: hangs FIFO threads|vfork|busy|signal|stays");
    fifo = arguments[1];
    require(mkfifo(fifo, 0600) == 0, "mkfifo");
    if (strcmp(arguments[2], "busy") == 0)
        for (;;) keep(&mutex);
    if (strcmp(arguments[2], "signal") == 0) {
        sigaction(SIGTRAP, &(struct sigaction){.sa_sigaction = waits_at_interrupted, .sa_flags = SA_SIGINFO}, NULL);
        raise(SIGTRAP);
        interrupted();
    }
    if (strcmp(arguments[2], "vfork") == 0) {
        waits_for_child();
        return 0;
    }
    if (strcmp(arguments[2], "stays") == 0) sigaction(SIGTERM, &(struct sigaction){.sa_handler = make_file, .sa_flags = SA_RESTART}, NULL);
    pthread_t second;
    pthread_mutex_lock(&mutex);
    pthread_create(&second, NULL, second_thread, "second\tthread");
    waits_realigned(count);
    keep(&second);
}
