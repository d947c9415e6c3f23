// Intent: in the steady phase another file's first transfer, warm-up's, is left by swapcontext out of a handler (its write passes
// the limit of a file's size, and the kernel sends SIGXFSZ), and gone on with later. What another context allocates and touches
// meanwhile, deeper on the stack, is not warm-up's.
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

#include <ucontext.h>

static ucontext_t program, other;

static void elsewhere(void) {
    swapcontext(&other, &program);  // libc has touched its own by now
    allocate_and_touch();
    swapcontext(&other, &program);
}

static void leave(int number) {
    (void)number;
    swapcontext(&program, &other);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char *stack = map_stack_below();
    require(getcontext(&other) == 0, "getcontext");
    other.uc_stack.ss_sp = stack;
    other.uc_stack.ss_size = PAGES * BLOCK;
    makecontext(&other, elsewhere, 0);
    require(swapcontext(&program, &other) == 0, "swapcontext");
    transfer_until_left(arguments[1], leave);
}
