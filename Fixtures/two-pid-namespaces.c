// Intent: two processes at once, each number 1 in a pid namespace of its own, with a thread 2: what one of them does is never the
// other's. For the kernel all four have other numbers.
// Needs: root, to make the namespaces
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Steady: transfers 58, malloc 10/1000, free 10, syscallMmap 16/65536
// Settled: never
// Violation: malloc 3/300 first 20 thread three in act
// Violation: malloc 7/700 first 40 thread seven in act
// Violation: syscallMmap 5/20480 thread three
// Violation: syscallMmap 11/45056 thread seven
// Kernel: pwrite64 60
#include "direct.h"
#include "raw.h"
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static struct {
    const char *thread;
    int mallocs, mappings;
    long before;  // transfers
} roles[] = {{"three", 3, 5, 20}, {"seven", 7, 11, 40}};

static sem_t begin, done, end;

static void *act(void *data) {
    int role = *(int *)data;
    require(prctl(PR_SET_NAME, roles[role].thread) == 0, "prctl");
    free(keep(malloc(100)));
    sem_post(&done);
    sem_wait(&begin);
    for (int i = 0; i < roles[role].mallocs; i++) free(keep(malloc(100)));
    for (int i = 0; i < roles[role].mappings; i++)
        require(raw(SYS_mmap, 0, BLOCK, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS) > 0, "mmap");
    sem_post(&done);
    sem_wait(&end);
    return NULL;
}

// `ready` is read at its end: when the other one is there, too.
static int first_process(const char *path, int role, int ready) {
    require(getpid() == 1, "a namespace of its own");
    char byte;
    require(read(ready, &byte, 1) == 0, "the other's namespace");
    pthread_t thread;
    sem_init(&begin, 0, 0);
    sem_init(&done, 0, 0);
    sem_init(&end, 0, 0);
    require(pthread_create(&thread, NULL, act, &role) == 0, "pthread_create");
    sem_wait(&done);
    int fd = open_direct(path);
    write_blocks(fd, roles[role].before);
    sem_post(&begin);
    sem_wait(&done);
    close(fd);
    sem_post(&end);
    pthread_join(thread, NULL);
    return 0;
}

static pid_t start(const char *path, int role, const int *ready) {
    pid_t outside = fork();
    if (outside != 0) return outside;
    require(unshare(CLONE_NEWPID) == 0, "unshare");
    pid_t child = fork();
    close(ready[1]);
    if (child == 0) _exit(first_process(path, role, ready[0]));
    int status = 1;
    require(waitpid(child, &status, 0) == child && status == 0, "the first process");
    _exit(0);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int ready[2];
    require(pipe(ready) == 0, "pipe");
    pid_t children[] = {start(arguments[1], 0, ready), start(arguments[1], 1, ready)};
    close(ready[1]);
    for (int i = 0; i < 2; i++) {
        int status = 1;
        require(waitpid(children[i], &status, 0) == children[i] && status == 0, "a child");
    }
}
