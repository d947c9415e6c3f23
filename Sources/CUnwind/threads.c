#define _GNU_SOURCE
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cunwind.h"

enum { STACK_TAKEN = 128 << 10 };

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

// MARK: what is taken

// As far as it is mapped.
static void take_stack(struct cu_taking *taking) {
    char path[32];
    snprintf(path, sizeof(path), "/proc/%d/mem", taking->tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    unsigned char *bytes = fd < 0 ? NULL : malloc(STACK_TAKEN);
    ssize_t length = bytes ? pread(fd, bytes, STACK_TAKEN, (off_t)taking->thread.registers[CU_SP]) : 0;
    if (fd >= 0) close(fd);
    if (length <= 0) {
        free(bytes);
        return;
    }
    unsigned char *all = realloc(bytes, (size_t)length);
    taking->thread.stack = all ? all : bytes;
    taking->thread.stack_bytes = (uint64_t)length;
}

// Of a thread that is stopped.
static void take(struct cu_taking *taking) {
    struct user_regs_struct user;
    struct iovec registers = {&user, sizeof(user)};
    if (ptrace(PTRACE_GETREGSET, taking->tid, NT_PRSTATUS, &registers) != 0) {
        taking->taken = CU_REFUSED;
        taking->error = errno;
        return;
    }
    taking->taken = CU_OTHER_MODE;
    if (registers.iov_len != sizeof(user)) return;
    const uint64_t by_number[CU_REGISTERS] = {user.rax, user.rdx, user.rcx, user.rbx, user.rsi, user.rdi,
                                              user.rbp, user.rsp, user.r8,  user.r9,  user.r10, user.r11,
                                              user.r12, user.r13, user.r14, user.r15, user.rip};
    memcpy(taking->thread.registers, by_number, sizeof(by_number));
    taking->thread.known = (1u << CU_REGISTERS) - 1;
    taking->taken = CU_TAKEN;
    take_stack(taking);
}

// proc_pid_syscall(5): of a thread that waits, the call's number, its arguments, the stack pointer and the instruction. Where
// it waits in no call (a page fault), the number is -1 and there are no arguments.
static void take_waiting(struct cu_taking *taking) {
    char path[40], text[256];
    snprintf(path, sizeof(path), "/proc/%d/syscall", taking->tid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0) close(fd);
    text[length > 0 ? length : 0] = 0;
    // In DWARF's numbers, as a call's arguments are passed: rdi, rsi, rdx, r10, r8, r9.
    static const int of_call[] = {5, 4, 1, 10, 8, 9, CU_SP, CU_IP}, of_no_call[] = {CU_SP, CU_IP};
    char *rest;
    bool is_call = strtol(text, &rest, 10) >= 0;
    if (rest == text) return;  // "running"
    const int *numbers = is_call ? of_call : of_no_call;
    for (int i = 0; i < (is_call ? 8 : 2); i++) {
        taking->thread.registers[numbers[i]] = strtoull(rest, &rest, 16);
        taking->thread.known |= 1u << numbers[i];
    }
    taking->taken = CU_TAKEN_WITHOUT_BP;
    take_stack(taking);
}

// MARK: stopping

static struct cu_taking *find(struct cu_taking *takings, uint32_t count, pid_t tid) {
    for (uint32_t i = 0; i < count; i++)
        if (takings[i].tid == tid) return &takings[i];
    return NULL;
}

// A thread that was about to get a signal stops for that first; it gets it when it is let go of.
static void take_and_let_go(struct cu_taking *taking, int status) {
    if (!WIFSTOPPED(status)) {
        taking->taken = CU_REFUSED;
        taking->error = ESRCH;
        return;
    }
    take(taking);
    int signal = status >> 16 == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
    ptrace(PTRACE_DETACH, taking->tid, NULL, (void *)(intptr_t)signal);
}

void cu_take(struct cu_taking *takings, uint32_t count, uint64_t nanoseconds) {
    uint64_t limit = now() + nanoseconds;
    uint32_t left = 0;
    for (uint32_t i = 0; i < count; i++) {
        takings[i].taken = CU_RUNS_ON;
        if (ptrace(PTRACE_SEIZE, takings[i].tid, NULL, NULL) == 0 && ptrace(PTRACE_INTERRUPT, takings[i].tid, NULL, NULL) == 0) {
            left++;
        } else {
            takings[i].taken = CU_REFUSED;
            takings[i].error = errno;
        }
    }
    while (left > 0 && now() < limit) {
        int status;
        // This thread has no other children, and SIGCHLD is for the thread that waits for the subject's end.
        pid_t tid = waitpid(-1, &status, __WALL | __WNOTHREAD | WNOHANG);
        struct cu_taking *taking = tid > 0 ? find(takings, count, tid) : NULL;
        if (taking) {
            take_and_let_go(taking, status);
            left--;
        } else {
            nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
        }
    }
    for (uint32_t i = 0; i < count; i++)
        if (takings[i].taken == CU_RUNS_ON) take_waiting(&takings[i]);
}

void cu_give_back(struct cu_taking *takings, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) free((void *)takings[i].thread.stack);
}

// MARK: a thread of its own

struct job {
    void (*function)(void *context);
    void *context;
};

static void *run(void *argument) {
    struct job job = *(struct job *)argument;
    free(argument);
    job.function(job.context);
    return NULL;
}

bool cu_within(uint64_t nanoseconds, void (*function)(void *context), void *context) {
    struct job *job = malloc(sizeof(*job));
    pthread_t thread;
    if (!job) return false;
    *job = (struct job){function, context};
    if (pthread_create(&thread, NULL, run, job) != 0) {
        free(job);
        return false;
    }
    struct timespec limit;
    clock_gettime(CLOCK_MONOTONIC, &limit);
    uint64_t end = (uint64_t)limit.tv_nsec + nanoseconds;
    limit.tv_sec += (time_t)(end / 1000000000);
    limit.tv_nsec = (long)(end % 1000000000);
    if (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &limit) == 0) return true;
    pthread_detach(thread);
    return false;
}
