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
#include "direct.h"
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

enum { PAGES = 50, SAVED = 6 };

// Saves the caller's registers and stack in *left, and takes those of *target.
void swap(void **left, void **target);
__asm__(
    "swap: push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "mov %rsp, (%rdi); mov (%rsi), %rsp\n"
    "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n");

static void *program, *coroutine;
static char *touched;
static int first;

__attribute__((noinline)) static void elsewhere(void) {
    for (int i = 0; i < 20; i++) {
        keep(malloc(77));
        write_block(first, i);
    }
    for (int i = 0; i < PAGES; i++) touched[i * BLOCK] = 1;
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
    touched = mmap(NULL, PAGES * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(touched != MAP_FAILED && madvise(touched, PAGES * BLOCK, MADV_NOHUGEPAGE) == 0, "mmap");
    // Below the program's own stack, where a frame looks as if it were inside the transfer.
    char *stack = mmap(NULL, PAGES * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    require(stack != MAP_FAILED && stack < (char *)&stack, "a stack");
    free(keep(malloc(1)));
    program = keep(&program);  // touches it
    void **top = (void **)(stack + PAGES * BLOCK - 64);
    *top = run;
    coroutine = top - SAVED;
    sigaction(SIGXFSZ, &(struct sigaction){.sa_handler = leave}, NULL);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){1 << 20, RLIM_INFINITY});
    first = open_direct(arguments[1]);
    int second = open_direct(arguments[1]);
    write_blocks(first, 11);
    require(pwrite(second, block, BLOCK, 1 << 22) == -1 && errno == EFBIG, "the signal did not come");
    close(second);
    close(first);
}
