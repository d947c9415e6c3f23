// For tests: makes eventfds, each a kmalloc, in processes that begin in every way there is, and says how many. With "wait" for a
// file: a child first prints its pid and ends, so that a process outside the tree can get that pid ("as PID" makes 1000
// eventfds there), before that file appears and the others begin.
#include "direct.h"
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { MANY = 1000 };

static void make(int count) {
    for (int i = 0; i < count; i++) close((int)syscall(SYS_eventfd2, 0, 0));
}

static void __attribute__((noreturn)) make_and_leave(int count) {
    make(count);
    _exit(0);
}

static void wait_for(pid_t child) {
    int status = 1;
    require(child > 0 && waitpid(child, &status, 0) == child && status == 0, "a child");
}

static void *fork_in_thread(void *count) {
    pid_t child = fork();
    if (child == 0) make_and_leave((int)(intptr_t)count);
    wait_for(child);
    return NULL;
}

static void by_thread(int count) {
    pthread_t thread;
    require(pthread_create(&thread, NULL, fork_in_thread, (void *)(intptr_t)count) == 0, "pthread_create");
    pthread_join(thread, NULL);
}

static void by_vfork(int count) {
    pid_t child = vfork();
    if (child == 0) make_and_leave(count);
    wait_for(child);
}

static void by_clone3(int count, pid_t number) {
    struct clone_args arguments = {
        .exit_signal = SIGCHLD, .set_tid = number ? (uintptr_t)&number : 0, .set_tid_size = number ? 1 : 0};
    pid_t child = (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
    if (child == 0) make_and_leave(count);
    wait_for(child);
}

// Its parent has ended before it makes any.
static void by_daemon(int count) {
    int ends[2];
    char byte;
    require(pipe(ends) == 0, "pipe");
    pid_t child = fork();
    if (child == 0) {
        if (fork() != 0) _exit(0);
        while (getppid() != 1 && getppid() == child) sched_yield();
        make_and_leave(count);
    }
    wait_for(child);
    close(ends[1]);
    require(read(ends[0], &byte, 1) == 0, "the daemon");
}

static void by_spawn(const char *program, int count) {
    char text[16];
    snprintf(text, sizeof(text), "%d", count);
    char *command[] = {"itself", "make", text, NULL};
    pid_t child;
    require(posix_spawn(&child, program, NULL, NULL, command, environ) == 0, "posix_spawn");
    wait_for(child);
}

static void leave_number(const char *go) {
    pid_t child = fork();
    if (child == 0) make_and_leave(1);
    wait_for(child);
    char path[4096];
    snprintf(path, sizeof(path), "%s.pid", go);
    FILE *file = fopen(path, "we");
    require(file && fprintf(file, "%d\n", child) > 0 && fclose(file) == 0, "the file for the pid");
    while (access(go, F_OK) != 0) usleep(1000);
}

int main(int count, char **arguments) {
    require(count > 2, "which file, and what?");
    if (strcmp(arguments[1], "make") == 0) make_and_leave(atoi(arguments[2]));
    if (strcmp(arguments[1], "as") == 0) {
        by_clone3(MANY, atoi(arguments[2]));
        return 0;
    }
    int fd = open_direct(arguments[1]), told = 0;
    write_blocks(fd, 10);
    if (strcmp(arguments[2], "wait") == 0) {
        leave_number(arguments[3]);
        told++;
    }
    make(100), by_thread(200), by_vfork(300), by_clone3(400, 0), by_daemon(500), by_spawn("/proc/self/exe", 600);
    printf("%d\n", told + 100 + 200 + 300 + 400 + 500 + 600);
    fflush(stdout);
    close(fd);
}
