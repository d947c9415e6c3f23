// Another file's first transfer in the steady phase is left out of a handler: its write passes the limit of a file's size, and the
// kernel sends SIGXFSZ. What runs meanwhile lies deeper on the stack, by its address. The fixture says how it leaves.
#ifndef LEFT_TRANSFER_H
#define LEFT_TRANSFER_H

#include "direct.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

enum { PAGES = 50 };

static char *touched;
static int first;

static inline void allocate_and_touch(void) {
    for (int i = 0; i < 20; i++) {
        keep(malloc(77));
        write_block(first, i);
    }
    for (int i = 0; i < PAGES; i++) touched[i * BLOCK] = 1;
}

// A stack below the program's own, where a frame looks as if it were inside the transfer.
static inline char *map_stack_below(void) {
    touched = mmap(NULL, PAGES * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(touched != MAP_FAILED && madvise(touched, PAGES * BLOCK, MADV_NOHUGEPAGE) == 0, "mmap");
    char *stack = mmap(NULL, PAGES * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    require(stack != MAP_FAILED && stack < (char *)&stack, "a stack");
    free(keep(malloc(1)));
    return stack;
}

static inline void transfer_until_left(const char *path, void (*leave)(int)) {
    sigaction(SIGXFSZ, &(struct sigaction){.sa_handler = leave}, NULL);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){1 << 20, RLIM_INFINITY});
    first = open_direct(path);
    int second = open_direct(path);
    write_blocks(first, 11);
    require(pwrite(second, block, BLOCK, 1 << 22) == -1 && errno == EFBIG, "the signal did not come");
    close(second);
    close(first);
}

#endif
