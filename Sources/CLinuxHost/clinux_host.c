#define _GNU_SOURCE
#include "clinux_host.h"
#include "clinux_seccomp.h"
#include "descriptors.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <linux/kcmp.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

// A system call's answer as this module returns it.
static int answer(long returned) {
    return returned < 0 ? -errno : (int)returned;
}

int cl_memfd(const char *name) {
    return answer(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
}

int cl_seal_size(int fd) {
    return answer(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL));
}

int cl_resize(int fd, uint64_t bytes) {
    struct sigaction before, ignore = {.sa_handler = SIG_IGN};
    struct rlimit limit;
    bool limited = getrlimit(RLIMIT_FSIZE, &limit) == 0;
    if (limited) setrlimit(RLIMIT_FSIZE, &(struct rlimit){limit.rlim_max, limit.rlim_max});
    sigaction(SIGXFSZ, &ignore, &before);
    int resized = answer(ftruncate(fd, (off_t)bytes));
    sigaction(SIGXFSZ, &before, NULL);
    if (limited) setrlimit(RLIMIT_FSIZE, &limit);
    return resized;
}

int cl_open_direct(const char *path) {
    return answer(open(path, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600));
}

int cl_nameless(int directory, const char *path, int flags, mode_t mode) {
    int fd = answer(openat(directory, path, flags | O_TMPFILE | O_CLOEXEC, mode));
    // O_TMPFILE contains O_DIRECTORY: a file system without it refuses as for a directory, with either.
    return fd == -EISDIR ? -EOPNOTSUPP : fd;
}

int cl_open_subdirectory(int directory, const char *name) {
    int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    struct open_how how = {.flags = (uint64_t)flags, .resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH};
    int fd = answer(syscall(SYS_openat2, directory, name, &how, sizeof(how)));
    // Before Linux 5.6, and in sandboxes that do not know the call.
    return fd == -ENOSYS || fd == -EPERM ? answer(openat(directory, name, flags)) : fd;
}

int cl_direct_probe(int directory, const char *name) {
    int flags = O_RDWR | O_DIRECT | O_CLOEXEC;
    int fd = cl_nameless(directory, ".", flags, 0600);
    if (fd != -EOPNOTSUPP) return fd;
    fd = answer(openat(directory, name, flags | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
    // It is made before O_DIRECT is refused; where the name was taken, the file is another's.
    if (fd != -EEXIST) unlinkat(directory, name, 0);
    return fd;
}

int cl_write_block(int fd, uint32_t bytes) {
    void *block;
    int error = posix_memalign(&block, 4096, bytes);
    if (error) return -error;
    memset(block, 0, bytes);
    int written = answer(pwrite(fd, block, bytes, 0));
    free(block);
    if (written < 0) return written;
    return written == (int)bytes ? 0 : -ENOSPC;  // a short write is a full disk's
}

bool cl_is_memory_backed(int directory) {
    struct statfs status;
    return fstatfs(directory, &status) == 0 && (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC);
}

bool cl_device_holding(const char *path, unsigned *device_major, unsigned *device_minor) {
    struct stat status;
    if (stat(path, &status) != 0) return false;
    *device_major = major(status.st_dev);
    *device_minor = minor(status.st_dev);
    return true;
}

bool cl_has_capabilities(int fd) {
    return fgetxattr(fd, "security.capability", NULL, 0) > 0;
}

// MARK: signals

// TRAP: the first pthread_create(3) handles SIGSETXID, one of glibc's own signals, which a program may be started to ignore. Only the
// system call itself tells of it, and sets it. Test: BehaviourTests, started with signals ignored
enum { SIGSETXID = 33 };
static struct {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    unsigned long mask;
} of_setxid;

__attribute__((constructor)) static void note_setxid(void) {
    syscall(SYS_rt_sigaction, SIGSETXID, NULL, &of_setxid, sizeof(of_setxid.mask));
}

static sigset_t before;
static struct sigaction child_before;
static bool blocked;
static int signals = -1;  // a signalfd(2) of the blocked ones

// Those that mean this process alone: what a fault, a write or a limit of ours raises. The terminal's stops reach the child by
// themselves, and must stop us too.
static const int own_signals[] = {SIGILL, SIGTRAP, SIGABRT, SIGBUS,  SIGFPE,  SIGKILL, SIGSEGV, SIGPIPE,
                                  SIGSYS, SIGXCPU, SIGXFSZ, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};

bool cl_is_ignored(int number) {
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

static sigset_t awaited(void) {
    sigset_t set;
    sigfillset(&set);
    for (size_t i = 0; i < sizeof(own_signals) / sizeof(own_signals[0]); i++) sigdelset(&set, own_signals[i]);
    // One that we were started to ignore (nohup) stays ignored: blocking would make it pending.
    for (int number = 1; number <= SIGRTMAX; number++)
        if (number != SIGCHLD && cl_is_ignored(number)) sigdelset(&set, number);
    return set;
}

void cl_block_signals(void) {
    if (blocked) return;
    // An inherited SIG_IGN would reap the child before we can.
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, &child_before);
    sigset_t set = awaited();
    sigprocmask(SIG_BLOCK, &set, &before);
    signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    blocked = true;
}

void cl_unblock_signals(void) {
    if (!blocked) return;
    sigaction(SIGCHLD, &child_before, NULL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(signals);
    blocked = false;
}

// Field 4 of proc_pid_stat(5); 0 for a process that is no more.
static pid_t parent_of(pid_t pid) {
    char path[32], text[512];
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t length = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[length > 0 ? length : 0] = 0;
    const char *end = strrchr(text, ')');
    int parent = 0;
    return end && sscanf(end + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

static bool descends_from_us(pid_t pid) {
    for (int generations = 0; pid > 1 && generations < 64; generations++) {
        pid = parent_of(pid);
        if (pid == getpid()) return true;
    }
    return false;
}

// setitimer(2) and alarm(2): execve(2) keeps the timers that were set for the program, as `perl -e 'alarm 5; exec @ARGV'` does.
static bool is_of_timer(int number) {
    return number == SIGALRM || number == SIGVTALRM || number == SIGPROF;
}

static struct cl_signal signal_of(const struct signalfd_siginfo *info) {
    int number = (int)info->ssi_signo;
    bool is_kernels = info->ssi_code == SI_KERNEL && !is_of_timer(number);
    return (struct cl_signal){
        .number = number,
        .ends = number == SIGINT || number == SIGTERM || number == SIGHUP || number == SIGQUIT,
        .reached_child = is_kernels || descends_from_us((pid_t)info->ssi_pid),
        .is_queued = info->ssi_code == SI_QUEUE,
        .value = info->ssi_ptr,
    };
}

void cl_pass_on(const struct cl_signal *signal, pid_t pid) {
    if (signal->is_queued) {
        sigqueue(pid, signal->number, (union sigval){.sival_ptr = (void *)(uintptr_t)signal->value});
    } else {
        kill(pid, signal->number);
    }
}

enum cl_source cl_wait(int64_t timeout, const int *descriptors, int count, struct cl_signal *signal) {
    struct pollfd wanted[1 + count];
    wanted[0] = (struct pollfd){.fd = signals, .events = POLLIN};
    for (int i = 0; i < count; i++) wanted[1 + i] = (struct pollfd){.fd = descriptors[i], .events = POLLIN};
    struct timespec limit = {.tv_sec = timeout / 1000000000, .tv_nsec = timeout % 1000000000};
    int ready;
    do {
        ready = ppoll(wanted, (nfds_t)(1 + count), timeout < 0 ? NULL : &limit, NULL);
    } while (ready < 0 && errno == EINTR);  // stopped and continued; the wait begins anew, a little late
    if (ready <= 0) return CL_FROM_TIMEOUT;
    struct signalfd_siginfo info;
    if (!(wanted[0].revents & POLLIN) || read(signals, &info, sizeof(info)) != sizeof(info)) return CL_FROM_DESCRIPTOR;
    if (info.ssi_signo == SIGCHLD) return CL_FROM_CHILD;
    *signal = signal_of(&info);
    return CL_FROM_SIGNAL;
}

static struct sigaction file_limit_before;
static bool file_limit_is_ignored;

void cl_ignore_file_limit(void) {
    file_limit_is_ignored = sigaction(SIGXFSZ, &(struct sigaction){.sa_handler = SIG_IGN}, &file_limit_before) == 0;
}

// MARK: children

// TRAP: a parent that is killed at any moment may leave no child that waits for it. Test: KilledTests
static void end_with(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);  // it died before that took hold
}

// TRAP: sd_listen_fds(3) and sd_watchdog_enabled(3) take what their variable names by pid, which is ours where systemd started
// us. Test: shell.cases
static void take_name(char **environment, pid_t parent) {
    static const char *const names[] = {"LISTEN_PID", "WATCHDOG_PID", "SYSTEMD_EXEC_PID"};
    static char taken[sizeof(names) / sizeof(names[0])][40];
    bool listens = false;
    for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
        char ours[40];
        snprintf(ours, sizeof(ours), "%s=%d", names[n], parent);
        snprintf(taken[n], sizeof(taken[n]), "%s=%d", names[n], getpid());
        for (char **variable = environment; *variable; variable++) {
            if (strcmp(*variable, ours) != 0) continue;
            *variable = taken[n];
            listens |= n == 0;
        }
    }
    // It names the same process by its pidfd's inode; without it LISTEN_PID alone holds.
    char **kept = environment;
    for (char **variable = environment; *variable; variable++)
        if (!listens || strncmp(*variable, "LISTEN_PIDFDID=", 15) != 0) *kept++ = *variable;
    *kept = NULL;
}

static void become(char *const *arguments, char *const *environment, int out, int err) {
    if (out >= 0 && dup2(out, STDOUT_FILENO) < 0) return;
    if (err >= 0 && dup2(err, STDERR_FILENO) < 0) return;
    if (blocked) {
        sigaction(SIGCHLD, &child_before, NULL);
        sigprocmask(SIG_SETMASK, &before, NULL);
    }
    if (file_limit_is_ignored) sigaction(SIGXFSZ, &file_limit_before, NULL);
    if (of_setxid.handler == SIG_IGN) syscall(SYS_rt_sigaction, SIGSETXID, &of_setxid, NULL, sizeof(of_setxid.mask));
    execvpe(arguments[0], arguments, environment);
}

int cl_question_socket(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    if (length >= sizeof(address.sun_path)) return -ENAMETOOLONG;
    memcpy(address.sun_path + 1, name, length);  // a NUL before it: no file
    int receiver = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (receiver < 0) return -errno;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
    int yes = 1;
    if (setsockopt(receiver, SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) == 0 &&
        bind(receiver, (struct sockaddr *)&address, size) == 0)
        return receiver;
    int error = errno;
    close(receiver);
    return -error;
}

static void *close_it(void *descriptor) {
    close((int)(intptr_t)descriptor);
    return NULL;
}

// TRAP: to close what another program made may wait for that program: a lingering connection, a file of FUSE. A socket of unix(7) is
// closed at once; another thread waits for what is none. Test: scribbler.c, sends-descriptors
static void close_of_another(int fd) {
    int domain = 0;
    socklen_t size = sizeof(domain);
    pthread_t thread;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX) close(fd);
    else if (pthread_create(&thread, NULL, close_it, (void *)(intptr_t)fd) == 0) pthread_detach(thread);
}

// Keeps one descriptor that came with a message; a message of another making may bring several.
static void take_controls(struct msghdr *message, struct cl_question *question, pid_t *sender) {
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET) continue;
        if (header->cmsg_type == SCM_CREDENTIALS) *sender = ((struct ucred *)CMSG_DATA(header))->pid;
        if (header->cmsg_type != SCM_RIGHTS) continue;
        for (size_t at = 0; CMSG_LEN(at + sizeof(int)) <= header->cmsg_len; at += sizeof(int)) {
            if (question->back >= 0) close_of_another(question->back);
            memcpy(&question->back, CMSG_DATA(header) + at, sizeof(int));
        }
    }
}

bool cl_next_question(int socket, struct cl_question *question) {
    *question = (struct cl_question){.back = -1};
    struct iovec data = {question->bytes, sizeof(question->bytes)};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    ssize_t length = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (length < 0) return false;
    pid_t sender = 0;
    take_controls(&message, question, &sender);
    question->length = (uint32_t)length;
    question->pid = sender > 0 && descends_from_us(sender) ? sender : 0;
    return true;
}

void cl_answer_question(const struct cl_question *question, const void *bytes, size_t length, int descriptor) {
    if (question->back < 0) return;
    struct iovec data = {(void *)(uintptr_t)bytes, length};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
    memcpy(CMSG_DATA(&control.header), &descriptor, sizeof(descriptor));
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    if (descriptor >= 0) message.msg_control = &control, message.msg_controllen = sizeof(control);
    // Who does not wait gets no answer.
    if (length > 0 && sendmsg(question->back, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) errno = 0;
    close_of_another(question->back);
}

// In the child, before it becomes the program. The socket's end that it keeps is closed by exec.
static void prepare(enum cl_watch watch, int socket) {
    if (watch == CL_WATCH_SECCOMP) {
        int listener = cl_seccomp_install();
        if (listener < 0 || !send_descriptor(socket, listener)) shutdown(socket, SHUT_WR);
        if (listener >= 0) close(listener);
    }
    char go;
    if (read(socket, &go, 1) < 0) _exit(126);
}

int cl_spawn(char *const *arguments, char *const *environment, const char *directory, int out, int err, enum cl_watch watch,
             struct cl_child *child) {
    int failure[2], talk[2];  // `failure` says errno of a child that could not become the program; exec closes it
    if (pipe2(failure, O_CLOEXEC) != 0) return -errno;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, talk) != 0) {
        int error = errno;
        close(failure[0]);
        close(failure[1]);
        return -error;
    }
    pid_t parent = getpid();
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    pid_t pid = fork();
    if (pid == 0) {
        end_with(parent);
        close(failure[0]);
        close(talk[0]);  // or it would hold its own socket open, and wait for a dead parent
        prepare(watch, talk[1]);
        take_name((char **)environment, parent);  // the child's copy
        if (!directory || chdir(directory) == 0) become(arguments, environment, out, err);
        int error = errno;
        if (write(failure[1], &error, sizeof(error)) < 0) _exit(126);
        _exit(127);
    }
    int error = errno;
    close(failure[1]);
    close(talk[1]);
    *child = (struct cl_child){.pid = pid, .failure = failure[0], .talk = talk[0], .listener = -1};
    if (pid < 0) {
        close(failure[0]);
        close(talk[0]);
    } else if (watch == CL_WATCH_SECCOMP) {
        child->listener = receive_descriptor(talk[0]);
    }
    return pid < 0 ? -error : 0;
}

void cl_go(const struct cl_child *child) {
    shutdown(child->talk, SHUT_WR);  // its read ends
}

int cl_pidfd(pid_t pid) {
    return answer(syscall(SYS_pidfd_open, pid, 0));
}

int cl_share_memory(pid_t one, pid_t other) {
    long order = syscall(SYS_kcmp, one, other, KCMP_VM, 0, 0);
    return order < 0 ? -errno : order == 0;
}

bool cl_can_be_read(int descriptor) {
    struct pollfd wanted = {.fd = descriptor, .events = POLLIN};
    return poll(&wanted, 1, 0) == 1;
}

int cl_started(struct cl_child *child) {
    int error;
    ssize_t length;
    do {
        length = read(child->failure, &error, sizeof(error));
    } while (length < 0 && errno == EINTR);
    close(child->failure);
    close(child->talk);
    child->failure = child->talk = -1;
    if (length != sizeof(error)) return 0;
    waitpid(child->pid, NULL, 0);
    return -error;
}

bool cl_reap(pid_t pid, struct cl_exit *exit) {
    int status;
    // For a child that a thread of ours traces, waitpid also reports stops.
    if (waitpid(pid, &status, WNOHANG) != pid || WIFSTOPPED(status)) return false;
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

// MARK: shared memory

uint32_t cl_word(const uint32_t *word) {
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

void cl_change_word(uint32_t *word, uint32_t from, uint32_t to) {
    if (__atomic_compare_exchange_n(word, &from, to, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        syscall(SYS_futex, word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

// MARK: names

char *cl_demangle_cxx(const char *name) {
    char *(*demangle)(const char *, char *, size_t *, int *);
    *(void **)&demangle = dlsym(RTLD_DEFAULT, "__cxa_demangle");
    int status = -1;
    char *demangled = demangle ? demangle(name, NULL, NULL, &status) : NULL;
    return status == 0 ? demangled : NULL;
}
