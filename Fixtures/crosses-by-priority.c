// On one CPU a real-time thread asks for the phase lock while a thread without priority has it, and reads at the steady point
// how many of its many mappings are unlocked. What each reads must be whole. Run by InterposerTests, which knows the number.
#include "direct.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>

enum { MAPPINGS = 20000 };

static atomic_int is_over;

// Neighbours of different protection are mappings of their own.
static void make_mappings(void) {
    char *pages = mmap(NULL, (size_t)MAPPINGS * BLOCK, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(pages != MAP_FAILED, "mmap");
    for (int i = 0; i < MAPPINGS; i += 2)
        require(mprotect(pages + (size_t)i * BLOCK, BLOCK, PROT_READ | PROT_WRITE) == 0, "mprotect");
}

static int reads_mappings(void) {
    char link[32], target[64] = "";
    for (int fd = 3; fd < 10; fd++) {
        snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        if (readlink(link, target, sizeof(target) - 1) > 0 && strstr(target, "/smaps")) return 1;
    }
    return 0;
}

// What mlockall needed is noted under the lock.
static void *interfere(void *nothing) {
    struct sched_param first = {.sched_priority = 1};
    require(pthread_setschedparam(pthread_self(), SCHED_FIFO, &first) == 0, "SCHED_FIFO");
    while (!is_over && !reads_mappings()) nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    require(!is_over, "nobody was seen to read the mappings");
    mlockall(~0);
    return nothing;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    require(sched_setaffinity(0, sizeof(one), &one) == 0, "one CPU");
    make_mappings();
    int fd = open_direct(arguments[1]);
    pthread_t other;
    require(pthread_create(&other, NULL, interfere, NULL) == 0, "pthread_create");
    write_blocks(fd, 2);
    is_over = 1;
    pthread_join(other, NULL);
    close(fd);
}
