// A heap that grows by brk and by mmap while a timer interrupts system calls: libc takes a brk that fails with EINTR for the
// heap's end, and the program is dead.
#include "direct.h"
#include <signal.h>
#include <sys/time.h>

static void note(int signal) {
    (void)signal;
}

int main(void) {
    struct sigaction action = {.sa_handler = note};
    sigaction(SIGALRM, &action, NULL);
    struct itimerval often = {{0, 2000}, {0, 2000}}; // more often is too much for an emulated processor
    setitimer(ITIMER_REAL, &often, NULL);
    for (int i = 0; i < 20000; i++) require(keep(malloc(3000)) != NULL, "malloc");
    for (int i = 0; i < 5000; i++) {
        void *block = keep(malloc(200000));
        require(block != NULL, "a large malloc");
        free(block);
        void *page = mmap(NULL, BLOCK, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        require(page != MAP_FAILED && munmap(page, BLOCK) == 0, "mmap");
    }
    require(write(1, "grew\n", 5) == 5, "write");
}
