// Link: -ldl
// For tests of attach: as daemon-transfers, and at each line another allocates: a child, which shares its memory or not ("forks",
// "vforks", "clones"), a process that shares it since before the first line ("shared"), or another libc ("loads", and its path).
#include "direct.h"
#include <dlfcn.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static char stack[65536] __attribute__((aligned(16)));
static void *(*allocate)(size_t) = malloc;
static void (*release)(void *) = free;

static int allocate_once(void *unused) {
    (void)unused;
    release(keep(allocate(32)));
    return 0;
}

static int outlast_lines(void *unused) {
    (void)unused;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) pause();
}

static int clone_sharer(int (*act)(void *)) {
    return clone(act, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
}

static void load(const char *path) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    require(library != NULL, "dlopen");
    allocate = (void *(*)(size_t))dlsym(library, "malloc");
    release = (void (*)(void *))dlsym(library, "free");
    require(allocate && release, "dlsym");
    allocate_once(NULL);
}

static void act(const char *how) {
    pid_t child = 0;
    if (strcmp(how, "forks") == 0) child = fork();
    else if (strcmp(how, "vforks") == 0) child = vfork();
    else if (strcmp(how, "clones") == 0) child = clone_sharer(allocate_once);
    else if (strcmp(how, "loads") == 0) allocate_once(NULL);
    else return;
    if (child == 0 && strcmp(how, "loads") != 0) _exit(allocate_once(NULL));
    int status = 0;
    require(child == 0 || (waitpid(child, &status, 0) == child && status == 0), "the child");
}

int main(int count, char **arguments) {
    require(count > 2, "which file, and how?");
    int fd = open_direct(arguments[1]);
    memset(stack, 1, sizeof(stack));
    if (count > 3) load(arguments[3]);
    if (strcmp(arguments[2], "shared") == 0) require(clone_sharer(outlast_lines) > 0, "clone");
    else act(arguments[2]);
    char line[64];
    do {
        write_blocks(fd, 10);
        int length = snprintf(line, sizeof(line), "%d\n", getpid());
        if (write(1, line, (size_t)length) != length) exit(1);
        if (read(0, line, sizeof(line)) <= 0) return 0;
        act(arguments[2]);
    } while (1);
}
