// Intent: in the steady phase another file's first transfer, warm-up's, is left out of a handler (its write passes the limit of a
// file's size, and the kernel sends SIGXFSZ) by instructions of the program's own, as libraries of coroutines do, and gone on with
// later. What the coroutine allocates and touches meanwhile, deeper on the stack by its address, is not warm-up's.
// Options: --allow pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: mmap 2/409600, madvise 1/204800, malloc 1/1, free 1
// Warmup: transfers 1
// Steady: transfers 30, malloc 20/1540, pageFaultMinor 50
// Teardown: nothing
// Violation: malloc 20/1540 first 11 in elsewhere
// Violation: pageFaultMinor 50
#include "left-transfer.h"

enum { SAVED = 6 };

// Saves the caller's registers and stack in *left, and takes those of *target.
void swap(void **left, void **target);
__asm__(
    "swap: push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "mov %rsp, (%rdi); mov (%rsi), %rsp\n"
    "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n");

static void *program, *coroutine;

__attribute__((noinline)) static void elsewhere(void) {
    allocate_and_touch();
}

static void run(void) {
    elsewhere();
    swap(&coroutine, &program);
}

static void leave(int number) {
    (void)number;
    swap(&program, &coroutine);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char *stack = map_stack_below();
    program = keep(&program);  // touches it
    void **top = (void **)(stack + PAGES * BLOCK - 64);
    *top = run;
    coroutine = top - SAVED;
    transfer_until_left(arguments[1], leave);
}
