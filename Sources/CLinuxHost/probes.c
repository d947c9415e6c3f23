#define _GNU_SOURCE
#include "clinux_probes.h"
#include "clinux_trace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <linux/seccomp.h>
#include <linux/stat.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

// How a child of cl_probe ended, as cl_probe returns it.
static int ending(pid_t child) {
    int status;
    while (waitpid(child, &status, 0) != child) {
        if (errno != EINTR) return errno;
    }
    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int error_if(bool failed) {
    return failed ? errno : 0;
}

static int lock_beyond_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return errno;
    limit.rlim_cur = 0;
    if (setrlimit(RLIMIT_MEMLOCK, &limit) != 0) return errno;
    static char page[1];
    return error_if(mlock(page, sizeof(page)) != 0);
}

static int open_event(struct perf_event_attr *event) {
    event->size = sizeof(*event);
    event->disabled = 1;
    return error_if(syscall(SYS_perf_event_open, event, 0, -1, -1, PERF_FLAG_FD_CLOEXEC) < 0);
}

static int count_page_faults(bool kernel) {
    return open_event(&(struct perf_event_attr){
        .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_PAGE_FAULTS, .exclude_kernel = !kernel});
}

// Asks for raw records: counting alone is allowed more often, but gives neither sizes nor call sites.
static int open_tracepoint(uint64_t number) {
    return open_event(&(struct perf_event_attr){
        .type = PERF_TYPE_TRACEPOINT, .config = number, .sample_period = 1, .sample_type = PERF_SAMPLE_RAW});
}

// Installs a filter and returns its listener, which is notified of getpgid(2) only. The filter checks only the number: no code
// here makes calls of another ABI.
static int listener(void) {
    struct sock_filter instructions[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpgid, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof(instructions) / sizeof(instructions[0]), instructions};
    // Without it, only CAP_SYS_ADMIN may install a filter.
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

// Takes one notification and lets the call continue: watching needs SECCOMP_USER_NOTIF_FLAG_CONTINUE.
static int let_one_continue(int fd) {
    struct seccomp_notif call = {0};
    if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) return errno;
    struct seccomp_notif_resp answer = {.id = call.id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
    return error_if(ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer) != 0);
}

static int listen_to_child(void) {
    int fd = listener();
    if (fd < 0) return errno;
    pid_t child = fork();
    if (child < 0) return errno;
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        // TRAP: 0 is the group of what a pid namespace's init starts, where the group is not of that namespace; so of the children of a
        // virtual machine's init. Test: DoctorTests
        _exit(syscall(SYS_getpgid, 0) >= 0 ? 0 : errno);
    }
    int error = let_one_continue(fd);
    if (error) kill(child, SIGKILL);
    int outcome = ending(child);
    return error ? error : outcome;
}

// The tracer is the child, and the process that it traces its parent, which does not descend from it.
static int trace_unrelated(void) {
    pid_t unrelated = getpid();
    pid_t tracer = fork();
    if (tracer < 0) return errno;
    if (tracer == 0) _exit(error_if(ptrace(PTRACE_SEIZE, unrelated, NULL, NULL) != 0));
    return ending(tracer);
}

static int set_up_io_uring(void) {
    struct io_uring_params parameters = {0};
    return error_if(syscall(SYS_io_uring_setup, 1, &parameters) < 0);
}

static int set_up_aio(uint64_t transfers) {
    aio_context_t context = 0;
    return error_if(syscall(SYS_io_setup, (unsigned)transfers, &context) != 0);
}

enum { WORDS = 1024 };  // what cl_probe_bpf shares with the child

static int perform(enum cl_probe probe, uint64_t argument) {
    switch (probe) {
    case CL_PROBE_LOCK_BEYOND_LIMIT: return lock_beyond_limit();
    case CL_PROBE_PAGE_FAULTS: return count_page_faults(false);
    case CL_PROBE_PAGE_FAULTS_KERNEL: return count_page_faults(true);
    case CL_PROBE_TRACEPOINT: return open_tracepoint(argument);
    case CL_PROBE_BPF: return cl_trace_try_bpf((char *)(uintptr_t)argument, WORDS);
    case CL_PROBE_SECCOMP_LISTENER: return listen_to_child();
    case CL_PROBE_TRACE_UNRELATED: return trace_unrelated();
    case CL_PROBE_IO_URING: return set_up_io_uring();
    case CL_PROBE_AIO: return set_up_aio(argument);
    }
    return ENOSYS;
}

int cl_probe(enum cl_probe probe, uint64_t argument) {
    pid_t child = fork();
    if (child < 0) return errno;
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGALRM, SIG_DFL);
        alarm(5);  // a sandbox that never answers must not hold us
        _exit(perform(probe, argument));
    }
    return ending(child);
}

int cl_probe_bpf(char *why, size_t room) {
    void *words = mmap(NULL, WORDS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (words == MAP_FAILED) return errno;
    int answer = cl_probe(CL_PROBE_BPF, (uintptr_t)words);
    snprintf(why, room, "%s", (const char *)words);
    munmap(words, WORDS);
    return answer;
}

bool cl_direct_alignment(int fd, uint32_t *memory, uint32_t *offset) {
    struct statx status;
    if (syscall(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) != 0) return false;
    *memory = status.stx_dio_mem_align;
    *offset = status.stx_dio_offset_align;
    return status.stx_mask & STATX_DIOALIGN;
}
