// Assertions as a test in C has them: what each one says is printed. Tests/EndToEndTests/TestLibraryTests.swift runs it.
#define _GNU_SOURCE
#include <aio.h>
#include <dioaudit.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <mqueue.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

static void *volatile kept;

static void __attribute__((noinline)) allocate(int times) {
    for (int i = 0; i < times; i++) {
        void *block = malloc(32);
        kept = block;
        free(block);
    }
}

static void *allocate_often(void *over) {
    while (!__atomic_load_n((int *)over, __ATOMIC_RELAXED)) allocate(1);
    return NULL;
}

static void *allocate_once(void *times) {
    allocate(1);
    ++*(int *)times;
    return NULL;
}

static int c11_allocate_once(void *times) {
    allocate_once(times);
    return 0;
}

static const char *now;

static void tell(const char *file, int line, const char *message) {
    (void)file, (void)line;
    printf("%s: %s\n", now, message);
}

static void ignore(union sigval nothing) {
    (void)nothing;
}

static int left_by_return(void) {
    DIOAUDIT_EXPECT_NONE_AFTER(0) {
        allocate(2);
        return 1;
    }
    return 0;
}

static jmp_buf back;

static void leave_by_a_jump(void) {
    DIOAUDIT_EXPECT_NONE { longjmp(back, 1); }
}

static void *leave_by_its_end(void *nothing) {
    DIOAUDIT_EXPECT_NONE { pthread_exit(nothing); }
    return nothing;
}

// Each in the warm-up, that is at once.
static void end_by(const char *how) {
    DIOAUDIT_EXPECT_NONE {
        if (strcmp(how, "_exit") == 0) _exit(0);
        if (strcmp(how, "_Exit") == 0) _Exit(0);
        if (strcmp(how, "quick_exit") == 0) quick_exit(0);
        exit(0);
    }
}

// A child that shares the memory ends, and not the program.
static void end_child(void) {
    DIOAUDIT_EXPECT_NONE {
        if (vfork() == 0) _exit(0);
    }
}

static void start_by_libc(const char *how) {
    static char byte;
    static struct aiocb block = {.aio_buf = &byte, .aio_nbytes = 1};
    struct aiocb *blocks[] = {&block};
    struct sigevent event = {.sigev_notify = SIGEV_THREAD, .sigev_notify_function = ignore};
    timer_t timer;
    block.aio_fildes = open("/dev/zero", O_RDONLY);
    dioaudit_on_failure(tell);
    now = how;
    DIOAUDIT_EXPECT_NONE_AFTER(0) {
        if (strcmp(how, "timer_create") == 0) timer_create(CLOCK_MONOTONIC, &event, &timer);
        if (strcmp(how, "mq_notify") == 0) mq_notify(-1, &event);
        if (strcmp(how, "aio_read") == 0) aio_read(&block);
        if (strcmp(how, "lio_listio") == 0) lio_listio(LIO_WAIT, blocks, 1, NULL);
    }
    printf("%s: %ld\n", how, dioaudit_counts("threads"));
}

static int fork_inside(void) {
    int status = -1;
    DIOAUDIT_EXPECT_NONE {
        pid_t child = fork();
        if (child == 0) exit(0);
        waitpid(child, &status, 0);
    }
    return status;
}

// Each ends with 0, if nobody minds.
static int leave_by(const char *how) {
    pthread_t thread;
    if (strcmp(how, "abort") == 0) DIOAUDIT_EXPECT_NONE { allocate(1); }
    if (strstr(how, "exit") || strstr(how, "Exit")) end_by(how);
    if (strcmp(how, "vfork") == 0) end_child();
    if (strcmp(how, "jump") == 0 && setjmp(back) == 0) leave_by_a_jump();
    if (strcmp(how, "thread") == 0)
        return pthread_create(&thread, NULL, leave_by_its_end, NULL) || pthread_join(thread, NULL);
    if (strcmp(how, "jump-inside") == 0) DIOAUDIT_EXPECT_NONE_AFTER(0) {
        if (setjmp(back) == 0) leave_by_a_jump();
    }
    return strcmp(how, "fork") == 0 && fork_inside();
}

// Ways past libc's names.
static void bypass(const char *how) {
    void *libc = dlopen("libc.so.6", RTLD_NOW);
    if (strcmp(how, "dlsym") == 0) {
        void *(*allocates)(size_t) = (void *(*)(size_t))dlsym(libc, "malloc");
        kept = allocates(1);
    }
    if (strcmp(how, "RTLD_DEEPBIND") == 0) dlopen("libz.so.1", RTLD_NOW | RTLD_DEEPBIND);
    if (strcmp(how, "dlmopen") == 0) dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW);
}

static void fork_once(pid_t (*forks)(void)) {
    int status;
    pid_t child = forks();
    if (child == 0) {
        allocate(1);
        _exit(0);
    }
    waitpid(child, &status, 0);
}

int main(int argc, char **argv) {
    if (argc > 2 && strcmp(argv[1], "starts") == 0) {
        start_by_libc(argv[2]);
        return 0;
    }
    if (argc > 2) {
        now = argv[2];
        dioaudit_on_failure(tell);
        DIOAUDIT_EXPECT_NONE_AFTER(0) { bypass(argv[2]); }
        DIOAUDIT_EXPECT_NONE_AFTER(0) { allocate(0); }
        return 0;
    }
    if (argc > 1) return leave_by(argv[1]);

    dioaudit_on_failure(tell);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (dioaudit_counts("malloc") != -1) return 1;

    now = "none";
    DIOAUDIT_EXPECT_NONE { allocate(0); }
    printf("%s: %ld\n", now, dioaudit_counts(NULL));

    now = "warm";
    int runs = 0;
    DIOAUDIT_EXPECT_NONE_AFTER(10) { allocate(runs++ < 10); }
    printf("%s: %d\n", now, runs);

    now = "three";
    DIOAUDIT_EXPECT_NONE { allocate(3); }
    printf("%s: %ld %ld %ld %ld\n", now, dioaudit_counts(NULL), dioaudit_counts("malloc"), dioaudit_counts("free"),
           dioaudit_counts("nonsense"));

    now = "return";
    if (!left_by_return()) return 1;

    now = "break";
    DIOAUDIT_EXPECT_NONE { break; }

    now = "nested";
    DIOAUDIT_EXPECT_NONE_AFTER(0) {
        allocate(1);
        DIOAUDIT_EXPECT_NONE_AFTER(0) { allocate(1); }
    }

    now = "others";
    int over = 0;
    pthread_t thread;
    if (pthread_create(&thread, NULL, allocate_often, &over) != 0) return 1;
    DIOAUDIT_EXPECT_NONE_AFTER(1000) { allocate(0); }
    __atomic_store_n(&over, 1, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    printf("%s: %ld\n", now, dioaudit_counts(NULL));

    // libc keeps the stack of the thread that ended: to start another allocates nothing.
    now = "starts";
    over = 0;
    DIOAUDIT_EXPECT_NONE {
        if (pthread_create(&thread, NULL, allocate_once, &over) != 0) return 1;
        pthread_join(thread, NULL);
    }
    printf("%s: %ld %d\n", now, dioaudit_counts(NULL), over);

    now = "starts of C11";
    thrd_t other;
    over = 0;
    DIOAUDIT_EXPECT_NONE {
        if (thrd_create(&other, c11_allocate_once, &over) != thrd_success) return 1;
        thrd_join(other, NULL);
    }
    printf("%s: %ld %d\n", now, dioaudit_counts(NULL), over);

    now = "fork";
    DIOAUDIT_EXPECT_NONE { fork_once(fork); }
    now = "_Fork";
    DIOAUDIT_EXPECT_NONE { fork_once(_Fork); }
    now = "vfork";
    DIOAUDIT_EXPECT_NONE_AFTER(0) {
        if (vfork() == 0) {
            allocate(1);
            _exit(0);
        }
    }
    return 0;
}
