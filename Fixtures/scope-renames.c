// Intent: a thread allocates under the name that is judged and then takes another, by a system call of its own; later it
// allocates under that. Only the first are violations.
// Options: --scope thread:monitor --allow pageFaultMinor,pageFaultMajor,syscallMmap
// Exit: 1
// Verdict: fail
// Reason: in the steady phase: 50 malloc
// Steady: transfers 19, malloc 80/1100, free >=80
// Violation: malloc 50/500 first 10 thread monitor in use
#include "direct.h"
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static pthread_barrier_t together;

__attribute__((noinline)) static void use(int times, size_t size) {
    for (int i = 0; i < times; i++) free(keep(malloc(size)));
}

static void *helper(void *nothing) {
    pthread_barrier_wait(&together);
    syscall(SYS_prctl, PR_SET_NAME, "monitor", 0, 0, 0);
    use(50, 10);
    syscall(SYS_prctl, PR_SET_NAME, "other", 0, 0, 0);
    use(30, 20);
    pthread_barrier_wait(&together);
    return nothing;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    prctl(PR_SET_NAME, "monitor");
    pthread_barrier_init(&together, NULL, 2);
    pthread_t thread;
    pthread_create(&thread, NULL, helper, NULL);
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    pthread_barrier_wait(&together);
    pthread_barrier_wait(&together);
    write_blocks(fd, 10);
    close(fd);
    pthread_join(thread, NULL);
}
