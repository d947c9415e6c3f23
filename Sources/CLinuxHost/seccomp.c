#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "calls.h"
#include "clinux_seccomp.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)  // Linux 5.19
#endif

enum { X32_BIT = 0x40000000 };

// MARK: the filter

enum { MOST_CALLS = 24, ASKING = 6 };

// Looks at what the call is to do.
static struct sock_filter *ask(struct sock_filter *next, const struct call *call) {
    const struct sock_filter asking[ASKING] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offsetof(struct seccomp_data, args[call->asked.argument])),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, call->asked.mask),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, call->asked.first, 0, 1),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, call->asked.last, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
    };
    memcpy(next, asking, sizeof(asking));
    return next + ASKING;
}

static int install(unsigned long flags) {
    // arch; of each ABI the number, and a comparison with each; allow; notify; what asks further.
    struct sock_filter code[7 + (1 + ASKING) * ABIS * MOST_CALLS];
    if (calls_count > MOST_CALLS) return errno = E2BIG, -1;
    struct sock_filter *next = code, *notify = code + 6 + ABIS * calls_count, *end = notify + 1;
    *next++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    *next++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, (uint8_t)(calls_count + 2));
    for (int abi = ABI_X86_64; abi <= ABI_I386; abi++) {
        *next++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
        if (abi == ABI_X86_64) *next++ = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, (uint32_t)~X32_BIT);
        for (int i = 0; i < calls_count; i++, next++) {
            const struct sock_filter *to = calls[i].asked.mask ? end : notify;
            *next = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)calls[i].number[abi], (uint8_t)(to - next - 1), 0);
            if (calls[i].asked.mask) end = ask(end, &calls[i]);
        }
        // A native call that is none of them is allowed; i386's list ends there too.
        if (abi == ABI_X86_64) next[-1].jf = (uint8_t)(1 + calls_count);
    }
    *next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    *next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    struct sock_fprog program = {.len = (unsigned short)(end - code), .filter = code};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

// Once we look at a call, a signal that comes waits for us instead of making the call fail, where the kernel knows how.
static int install_best(void) {
    int listener = install(SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
    return listener < 0 && errno == EINVAL ? install(SECCOMP_FILTER_FLAG_NEW_LISTENER) : listener;
}

int cl_seccomp_install(void) {
    int listener = install_best();
    if (listener >= 0 || errno != EACCES) return listener;
    // Without CAP_SYS_ADMIN: set-uid programs that the subject starts then stay without their privileges.
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    return install_best();
}

// MARK: notifications

// proc_pid_status(5): the process that a thread is in. It waits for us, so that it cannot end meanwhile but by SIGKILL.
static int32_t process_of(int32_t tid) {
    char path[48], text[1024];
    snprintf(path, sizeof(path), "/proc/%d/status", tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return tid;
    ssize_t length = read(fd, text, sizeof(text) - 1);
    close(fd);
    text[length > 0 ? length : 0] = 0;
    const char *line = strstr(text, "\nTgid:");
    return line ? (int32_t)strtol(line + 6, NULL, 10) : tid;
}

// A string in the subject's memory; empty where it cannot be read.
static void read_string(int32_t tid, uint64_t address, char *path, size_t room) {
    path[0] = 0;
    char memory[48];
    snprintf(memory, sizeof(memory), "/proc/%d/mem", tid);
    int fd = open(memory, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    // A read may not cross into a page that is not there.
    size_t length = 0;
    while (length < room - 1) {
        size_t step = 4096 - (address + length) % 4096;
        if (step > room - 1 - length) step = room - 1 - length;
        ssize_t got = pread(fd, path + length, step, (off_t)(address + length));
        if (got <= 0) break;
        length += (size_t)got;
        if (memchr(path, 0, length)) break;
    }
    path[length] = 0;
    close(fd);
}

// The path that exec names, as this process can open it: from the subject's root, directory or descriptor.
static void read_path(const struct seccomp_notif *call, bool at, char *path, size_t room) {
    int directory = at ? (int)call->data.args[0] : AT_FDCWD;
    char named[4000], where[64];
    read_string((int32_t)call->pid, call->data.args[at ? 1 : 0], named, sizeof(named));
    if (named[0] == '/') snprintf(where, sizeof(where), "/proc/%d/root", (int)call->pid);
    else if (directory == AT_FDCWD) snprintf(where, sizeof(where), "/proc/%d/cwd/", (int)call->pid);
    else snprintf(where, sizeof(where), "/proc/%d/fd/%d%s", (int)call->pid, directory, named[0] ? "/" : "");
    snprintf(path, room, "%s%s", where, named);
}

// The file that exec names, while the subject waits: a moment later its descriptors may be closed. False if there is none that
// would start, as in a search of PATH.
static bool find_program(const struct seccomp_notif *call, bool at, char *path, size_t room) {
    char seen[4096], real[PATH_MAX];
    struct stat status;
    read_path(call, at, seen, sizeof(seen));
    if (access(seen, X_OK) != 0 || stat(seen, &status) != 0 || !S_ISREG(status.st_mode)) return false;
    snprintf(path, room, "%s", realpath(seen, real) ? real : seen);
    return true;
}

static void clear(struct cl_trace_record *record, enum cl_trace_kind kind) {
    memset(record, 0, offsetof(struct cl_trace_record, frame));
    record->text[0] = 0;
    record->kind = kind;
}

static void describe(const struct seccomp_notif *call, struct cl_trace_record *record) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    clear(record, CL_NOTHING);
    record->nanoseconds = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    record->tid = (int32_t)call->pid;
    record->pid = process_of(record->tid);
    const struct seccomp_data *data = &call->data;
    bool native = data->arch == AUDIT_ARCH_X86_64;
    uint32_t number = (uint32_t)data->nr & ~(native ? (uint32_t)X32_BIT : 0);
    enum abi abi = native ? ABI_X86_64 : ABI_I386;
    const struct call *found = calls_find(abi, number);
    if (found && found->act >= CL_EXECVE) {
        bool starts = find_program(call, found->act == CL_EXECVEAT, record->text, sizeof(record->text));
        record->kind = starts ? CL_BECAME_PROGRAM : CL_NOTHING;
    } else {
        calls_take(abi, number, (uint64_t[]){data->args[0], data->args[1], data->args[2]}, record);
    }
}

static bool waiting(int listener) {
    struct pollfd poll_one = {.fd = listener, .events = POLLIN};
    return poll(&poll_one, 1, 0) == 1 && (poll_one.revents & POLLIN);
}

bool cl_seccomp_next(int listener, struct cl_trace_record *record) {
    // The kernel's structures may have grown since ours: they must be as large as it says, and zeroed.
    static union {
        struct seccomp_notif call;
        char room[1024];
    } in;
    static union {
        struct seccomp_notif_resp answer;
        char room[1024];
    } out;
    if (!waiting(listener)) return false;
    memset(&in, 0, sizeof(in));
    memset(&out, 0, sizeof(out));
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &in.call) != 0) {
        if (errno != ENOENT && errno != EINTR) return false;
        clear(record, CL_INTERRUPTED);
        return true;
    }
    describe(&in.call, record);
    out.answer.id = in.call.id;
    out.answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &out.answer);  // ENOENT: it was killed meanwhile
    return true;
}

void cl_seccomp_serve_on(int listener) {
    if (fork() != 0) return;
    setsid();
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; null >= 0 && fd < 3; fd++) dup2(null, fd);
    dup2(listener, 3);
    syscall(SYS_close_range, 4, ~0u, 0);
    if (chdir("/") != 0) _exit(1);
    static struct cl_trace_record record;
    for (;;) {
        struct pollfd poll_one = {.fd = 3, .events = POLLIN};
        if (poll(&poll_one, 1, -1) < 0 || (poll_one.revents & (POLLHUP | POLLERR | POLLNVAL))) _exit(0);
        while (cl_seccomp_next(3, &record)) continue;
    }
}
