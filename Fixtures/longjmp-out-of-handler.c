// Intent: in the steady phase another file's first transfer, warm-up's, is left by a jump, of each kind there is: its write
// passes the limit of a file's size, and the kernel sends SIGXFSZ. What is allocated afterwards, deeper on the stack, is
// not warm-up's.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 13, malloc 4/308, free 4
// Teardown: nothing
// Violation: malloc 4/308 first 10 in deeper < main
// Also: syscallBrk
#include "direct.h"
#include <setjmp.h>
#include <signal.h>
#include <sys/resource.h>

extern void longjmp_checked(sigjmp_buf, int) __asm__("__longjmp_chk");

static sigjmp_buf way_out;
static int way;

static void leave(int number) {
    if (way == 0) siglongjmp(way_out, number);
    if (way == 1) longjmp(way_out, number);
    if (way == 2) _longjmp(way_out, number);
    longjmp_checked(way_out, number);
}

__attribute__((noinline)) static void deeper(void) {
    char room[2000];
    keep(room);
    free(keep(malloc(77)));
    keep(room);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    sigaction(SIGXFSZ, &(struct sigaction){.sa_handler = leave, .sa_flags = SA_NODEFER}, NULL);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){1 << 20, RLIM_INFINITY});
    int first = open_direct(arguments[1]);
    write_blocks(first, 10);
    for (way = 0; way < 4; way++) {
        int other = open_direct(arguments[1]);
        if (sigsetjmp(way_out, 0) == 0) {
            write_block(other, 1 << 10);
            require(0, "the signal did not come");
        }
        deeper();
        write_block(first, 0);
        close(other);
    }
    close(first);
}
