// Needs: root, for BPF programs
// Intent: a process that the instruction itself made shares the memory and faults pages in there: the kernel tells of it, and nothing
// else would, since the pages are gone again.
// Exit: 2
// Verdict: inconclusive
// Reason: made 1 process that share its memory
// Steady: transfers 19/77824
#include "raw.h"
#include "direct.h"
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

enum { PAGES = 16 };

static char *memory;
static volatile int turn;
static _Alignas(16) char stack[1 << 16];

// On a stack of its own, which the instruction gives it.
static _Noreturn void share(void) {
    while (turn == 0) continue;
    for (int i = 0; i < PAGES; i++) memory[i * BLOCK] = 1;
    raw(SYS_madvise, (long)memory, PAGES * BLOCK, MADV_DONTNEED, 0);
    turn = 2;
    for (;;) raw(SYS_exit_group, 0, 0, 0, 0);
}

static pid_t start_sharer(void) {
    void **top = (void **)(stack + sizeof(stack)) - 2;
    *top = (void *)share;
    long child;
    __asm__ volatile("syscall\n\ttest %%rax, %%rax\n\tjnz 1f\n\tpop %%rax\n\tjmp *%%rax\n1:"
                     : "=a"(child)
                     : "a"(SYS_clone), "D"(CLONE_VM | SIGCHLD), "S"(top)
                     : "rcx", "r11", "memory");
    return (pid_t)child;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    memory = mmap(NULL, PAGES * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(memory != MAP_FAILED, "memory");
    memset(stack, 1, sizeof(stack));
    pid_t child = start_sharer();
    require(child > 0, "clone");
    int fd = open_direct(arguments[1]), status;
    write_blocks(fd, 10);
    turn = 1;
    while (turn == 1) continue;
    write_blocks(fd, 10);
    close(fd);
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
}
