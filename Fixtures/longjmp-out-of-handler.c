// Intent: in the steady phase a second file's first transfer, warm-up's, is left by siglongjmp: its write passes the limit
// of a file's size, and the kernel sends SIGXFSZ. What is allocated afterwards, deeper on the stack, is not warm-up's.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 10, malloc 1/77, free 1
// Teardown: nothing
// Violation: malloc 1/77 first 10 in deeper < main
#include "direct.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/resource.h>

static sigjmp_buf way_out;

static void leave(int number) {
    siglongjmp(way_out, number);
}

__attribute__((noinline)) static void deeper(void) {
    char room[2000];
    keep(room);
    free(keep(malloc(77)));
    keep(room);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    signal(SIGXFSZ, leave);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){1 << 20, RLIM_INFINITY});
    int first = open_direct(arguments[1]), second = open_direct(arguments[1]);
    write_blocks(first, 10);
    if (sigsetjmp(way_out, 1) == 0) {
        write_block(second, 1 << 10);
        require(0, "the signal did not come");
    }
    deeper();
    write_block(first, 0);
    close(first);
    close(second);
}
