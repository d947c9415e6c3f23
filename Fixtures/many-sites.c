// Intent: allocates at 3000 call stacks, more than the ledger has memory for at first: each is kept. What is mapped for them in the
// steady phase is none of the program's. As arguments after the file: how many stacks, how many threads share them, and what comes
// before: `lock` memory, `chroot` to where there is no /proc, or `fork`, whose child does it all.
// Exit: 1
// Verdict: fail
// Reason: in the steady phase: 3000 mallocs
// Setup: malloc 1/32, free 1
// Warmup: transfers 1/4096, pageFaultMinor >=0
// Steady: transfers 2/8192, malloc 3000/96000, free 3000
// Settled: never
#include "steps.h"
#include <pthread.h>
#include <sys/wait.h>

enum { DIGITS = 5 };

__attribute__((noinline)) static void descend(int index, int digits) {
    if (digits == 0) free(keep(malloc(32)));
    else steps[index % 10](index / 10, digits - 1);
    keep(NULL);
}

static int stacks = 3000, threads = 1;

static void *allocate(void *first) {
    for (int index = (int)(intptr_t)first; index < stacks; index += threads) descend(index, DIGITS);
    return NULL;
}

static void prepare(const char *what) {
    if (strcmp(what, "lock") == 0) lock_memory();
    if (strcmp(what, "chroot") == 0) require(chroot("/srv") == 0, "chroot");
    if (strcmp(what, "fork") == 0) {
        pid_t child = fork();
        int status;
        if (child > 0) {
            waitpid(child, &status, 0);
            _exit(WEXITSTATUS(status));
        }
    }
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    if (count > 2) stacks = atoi(arguments[2]);
    if (count > 3) threads = atoi(arguments[3]);
    int fd = open_direct(arguments[1]);
    char stack[1 << 16];  // the pages that the calls below will need
    memset(stack, 1, sizeof(stack));
    keep(stack);
    free(keep(malloc(32)));
    if (count > 4) prepare(arguments[4]);
    write_block(fd, 0);
    write_block(fd, 1);
    pthread_t others[64];
    for (int i = 1; i < threads; i++)
        require(pthread_create(&others[i], NULL, allocate, (void *)(intptr_t)i) == 0, "pthread_create");
    allocate((void *)0);
    for (int i = 1; i < threads; i++) pthread_join(others[i], NULL);
    write_block(fd, 2);
    close(fd);
}
