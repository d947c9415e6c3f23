#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clinux_confined.h"

enum { NOBODY = 65534 };

// MARK: what the child gives up

// Ctrl-C is its parent's to handle. What it brings upon itself ends it, blocked or not.
static bool ignore_signals(void) {
    sigset_t all;
    for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &(struct sigaction){.sa_handler = SIG_DFL}, NULL);
    sigfillset(&all);
    sigdelset(&all, SIGXCPU);
    return sigprocmask(SIG_SETMASK, &all, NULL) == 0;
}

// Where memory gets short, it goes first.
static void offer_to_die(void) {
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    if (write(fd, "1000", 4) != 4) errno = 0;
    close(fd);
}

// The ledger and the kernel's rings.
static bool unmap_shared_memory(void) {
    FILE *maps = fopen("/proc/self/maps", "re");
    if (!maps) return false;
    char line[8192];
    unsigned long start, end;
    char shared;
    bool at_begin = true, done = true;
    while (fgets(line, sizeof(line), maps)) {
        if (at_begin && sscanf(line, "%lx-%lx %*c%*c%*c%c", &start, &end, &shared) == 3 && shared == 's')
            done = munmap((void *)start, end - start) == 0 && done;  // NOLINT
        at_begin = strchr(line, '\n') != NULL;
    }
    fclose(maps);
    return done;
}

static bool keep_only(int socket) {
    if (dup2(socket, 0) < 0) return false;
    return syscall(SYS_close_range, 1, ~0U, 0) == 0;
}

static uint64_t bytes_mapped(void) {
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file) return 0;
    if (fscanf(file, "%lu", &pages) != 1) pages = 0;
    fclose(file);
    return (uint64_t)pages * 4096;
}

static bool limit(int resource, uint64_t value) {
    struct rlimit now;
    if (getrlimit((__rlimit_resource_t)resource, &now) != 0) return false;
    if (value > now.rlim_max) value = now.rlim_max;
    // Of a processor's time the lower limit is told by SIGXCPU, the upper one only by SIGKILL.
    uint64_t upper = resource == RLIMIT_CPU && value < now.rlim_max ? value + 1 : value;
    return setrlimit((__rlimit_resource_t)resource, &(struct rlimit){value, upper}) == 0;
}

static bool limit_all(uint32_t cpu_seconds) {
    struct sysinfo machine;
    if (sysinfo(&machine) != 0) return false;
    uint64_t half = (uint64_t)machine.totalram * machine.mem_unit / 2, least = 1ULL << 30, most = 4ULL << 30;
    uint64_t memory = bytes_mapped() + (half < least ? least : half > most ? most : half);
    return limit(RLIMIT_CPU, cpu_seconds) && limit(RLIMIT_AS, memory) && limit(RLIMIT_STACK, 8 << 20) && limit(RLIMIT_CORE, 0) &&
           limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NPROC, 0);
}

// By the system calls themselves: libc's functions signal the threads that only the parent has.
static bool become_nobody(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3];
    memset(none, 0, sizeof(none));
    if (geteuid() == 0) {
        bool no_groups = syscall(SYS_setgroups, 0, NULL) == 0 || errno == EPERM;
        // A user namespace that maps no other user (EINVAL) has a root without powers outside.
        bool gid = syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY) == 0 || errno == EINVAL;
        bool uid = syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) == 0 || errno == EINVAL;
        if (!no_groups || !gid || !uid) return false;
    }
    return syscall(SYS_capset, &header, none) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0 &&
           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

// What memory, the descriptors that it was sent and their socket take. All else is refused, as is memory that could be run.
static bool refuse_system_calls(void) {
    static const uint32_t allowed[] = {
        SYS_read,   SYS_pread64, SYS_write,   SYS_close,      SYS_fstat,  SYS_newfstatat, SYS_lseek,   SYS_fcntl,   SYS_munmap,
        SYS_mremap, SYS_madvise, SYS_brk,     SYS_futex,      SYS_poll,   SYS_ppoll,      SYS_recvmsg, SYS_sendmsg, SYS_recvfrom,
        SYS_sendto, SYS_getrandom, SYS_clock_gettime, SYS_exit, SYS_exit_group,
    };
    enum { COUNT = sizeof(allowed) / sizeof(allowed[0]), REFUSE = SECCOMP_RET_ERRNO | EPERM };
    struct sock_filter code[COUNT + 10], *next = code, *allow = code + COUNT + 9;
    *next++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    *next++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
    *next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    *next++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (uint32_t i = 0; i < COUNT; i++, next++)
        *next = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], (uint8_t)(allow - next - 1), 0);
    *next++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mmap, 1, 0);
    *next++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mprotect, 0, 2);
    *next++ = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2]));
    *next++ = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1);
    *next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, REFUSE);
    *next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog filter = {.len = (unsigned short)(next - code), .filter = code};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0;
}

static bool end_with(pid_t parent) {
    return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent;
}

static bool confine(int socket, uint32_t cpu_seconds, pid_t parent) {
    offer_to_die();
    // A change of user takes the request for a signal back: so that comes after it.
    return end_with(parent) && ignore_signals() && unmap_shared_memory() && keep_only(socket) && limit_all(cpu_seconds) &&
           become_nobody() && end_with(parent) && refuse_system_calls();
}

int cl_fork_confined(uint32_t cpu_seconds, struct cl_confined *child) {
    int sockets[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0) return -errno;
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        if (!confine(sockets[1], cpu_seconds, parent)) _exit(1);
        *child = (struct cl_confined){.pid = 0, .socket = 0};
        return 0;
    }
    int error = errno;
    close(sockets[1]);
    if (pid < 0) {
        close(sockets[0]);
        return -error;
    }
    *child = (struct cl_confined){.pid = pid, .socket = sockets[0]};
    return 0;
}

int cl_end_confined(const struct cl_confined *child) {
    int status = 0;
    close(child->socket);
    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {}
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}
