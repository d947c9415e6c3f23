#define _GNU_SOURCE
#include "clinux_host.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int cl_memfd(const char *name) {
    return memfd_create(name, MFD_CLOEXEC);
}

int cl_open_direct(const char *path) {
    return open(path, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
}

bool cl_write_block(int fd, uint32_t bytes) {
    void *block;
    int error = posix_memalign(&block, 4096, bytes);
    if (error) {
        errno = error;
        return false;
    }
    memset(block, 0, bytes);
    ssize_t written = pwrite(fd, block, bytes, 0);
    error = written < 0 ? errno : ENOSPC;  // a short write is a full disk's
    free(block);
    errno = error;
    return written == (ssize_t)bytes;
}

bool cl_is_memory_backed(const char *directory) {
    struct statfs status;
    return statfs(directory, &status) == 0 && (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC);
}

// MARK: signals

static sigset_t before;
static struct sigaction child_before;
static bool blocked;

static sigset_t awaited(void) {
    sigset_t set;
    sigemptyset(&set);
    const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD};
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        struct sigaction action;
        // One that we were started to ignore (nohup) stays ignored: blocking would make it pending.
        bool ignored = sigaction(signals[i], NULL, &action) == 0 && action.sa_handler == SIG_IGN;
        if (!ignored || signals[i] == SIGCHLD) sigaddset(&set, signals[i]);
    }
    return set;
}

void cl_block_signals(void) {
    if (blocked) return;
    // An inherited SIG_IGN would reap the child before we can.
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, &child_before);
    sigset_t set = awaited();
    sigprocmask(SIG_BLOCK, &set, &before);
    blocked = true;
}

void cl_unblock_signals(void) {
    if (!blocked) return;
    sigaction(SIGCHLD, &child_before, NULL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    blocked = false;
}

enum cl_source cl_next_signal(int64_t timeout, int *signal) {
    sigset_t set = awaited();
    siginfo_t info;
    struct timespec limit = {.tv_sec = timeout / 1000000000, .tv_nsec = timeout % 1000000000};
    do {
        *signal = sigtimedwait(&set, &info, timeout < 0 ? NULL : &limit);
    } while (*signal < 0 && errno == EINTR);  // stopped and continued; the wait begins anew, a little late
    if (*signal < 0) return CL_FROM_TIMEOUT;
    if (*signal == SIGCHLD) return CL_FROM_CHILD;
    return info.si_code == SI_KERNEL ? CL_FROM_TERMINAL : CL_FROM_PROCESS;
}

// MARK: children

static void become(char *const *arguments, char *const *environment, int out, int err, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);  // it died before that took hold
    if (out >= 0 && dup2(out, STDOUT_FILENO) < 0) return;
    if (err >= 0 && dup2(err, STDERR_FILENO) < 0) return;
    if (blocked) {
        sigaction(SIGCHLD, &child_before, NULL);
        sigprocmask(SIG_SETMASK, &before, NULL);
    }
    execvpe(arguments[0], arguments, environment);
}

pid_t cl_spawn(char *const *arguments, char *const *environment, int out, int err) {
    int failure[2];  // says errno of a child that could not become the program; closed by exec if it could
    if (pipe2(failure, O_CLOEXEC) != 0) return -1;
    pid_t parent = getpid();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t pid = fork();
    if (pid == 0) {
        become(arguments, environment, out, err, parent);
        int error = errno;
        if (write(failure[1], &error, sizeof(error)) < 0) _exit(126);
        _exit(127);
    }
    int error = errno;
    close(failure[1]);
    if (pid > 0) {
        ssize_t length;
        do {
            length = read(failure[0], &error, sizeof(error));
        } while (length < 0 && errno == EINTR);
        if (length == sizeof(error)) {
            waitpid(pid, NULL, 0);
            pid = -1;
        }
    }
    close(failure[0]);
    errno = error;
    return pid;
}

bool cl_reap(pid_t pid, struct cl_exit *exit) {
    int status;
    if (waitpid(pid, &status, WNOHANG) != pid) return false;
    exit->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    exit->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    return true;
}

bool cl_descendants_run(void) {
    pid_t pid;
    do {
        pid = waitpid(-1, NULL, WNOHANG);
    } while (pid > 0);
    return pid == 0;
}

// MARK: names

char *cl_demangle_cxx(const char *name) {
    char *(*demangle)(const char *, char *, size_t *, int *);
    *(void **)&demangle = dlsym(RTLD_DEFAULT, "__cxa_demangle");
    int status = -1;
    char *demangled = demangle ? demangle(name, NULL, NULL, &status) : NULL;
    return status == 0 ? demangled : NULL;
}
