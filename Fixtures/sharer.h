// A child that shares its parent's memory, made by the instruction itself (clone(2)), touches pages there and ends by it.
#ifndef SHARER_H
#define SHARER_H

#include "direct.h"
#include "raw.h"

#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { PAGES = 200 };

static char *untouched;
static char child_stack[65536] __attribute__((aligned(16)));

// Libc's code of waitpid is used before the steady phase, too: the kernel maps a page of code together with some of its neighbours, and
// with which ones follows from the address that libc has this time. The first use may be a page fault of the parent's own, or none.
static inline void map_untouched(void) {
    require(waitpid(-1, NULL, 0) < 0, "there is no child yet");
    untouched = mmap(NULL, PAGES * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(untouched != MAP_FAILED && madvise(untouched, PAGES * BLOCK, MADV_NOHUGEPAGE) == 0, "mmap");
    memset(child_stack, 0, sizeof(child_stack));
}

__attribute__((used)) static void touch_pages(void) {
    for (int i = 0; i < PAGES; i++) untouched[i * BLOCK] = 1;
}

static inline pid_t clone_by_instruction(long flags) {
    long pid;
    register void (*act)(void) __asm__("r12") = touch_pages;
    __asm__ volatile(
        "xorl %%edx, %%edx; xorl %%r10d, %%r10d; xorl %%r8d, %%r8d\n\t"
        "syscall\n\t"
        "testq %%rax, %%rax; jnz 1f\n\t"
        "callq *%%r12\n\t"
        "movl %[exit], %%eax; xorl %%edi, %%edi; syscall\n"
        "1:"
        : "=a"(pid)
        : "a"(SYS_clone), "D"(flags), "S"(child_stack + sizeof(child_stack)), "r"(act), [exit] "i"(SYS_exit_group)
        : "rcx", "r11", "rdx", "r10", "r8", "memory");
    return (pid_t)pid;
}

static inline void wait_for(pid_t child) {
    int status;
    require(child > 0 && waitpid(child, &status, 0) == child && status == 0, "the child");
}

// The pages are gone before anybody can look.
static inline void touch_and_give_back(void) {
    wait_for(clone_by_instruction(CLONE_VM | CLONE_VFORK | SIGCHLD));
    require(raw(SYS_madvise, (long)untouched, PAGES * BLOCK, MADV_DONTNEED, 0) == 0, "MADV_DONTNEED");
}

#endif
