// Page faults in assertions, and the memory lock: what each block says is printed. Tests/EndToEndTests/TestLibraryTests.swift runs it.
#define _GNU_SOURCE
#include <dioaudit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { PAGE = 4096 };

static const char *now;

static void tell(const char *file, int line, const char *message) {
    (void)file, (void)line;
    printf("%s: %s\n", now, message);
}

static void show(void) {
    printf("%s: %ld %ld\n", now, dioaudit_counts(NULL), dioaudit_counts("pageFaultMinor"));
}

static char *map(int pages) {
    char *memory = mmap(NULL, (size_t)pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) exit(1);
    return memory;
}

// Of which each page takes a fault by itself.
static char *fresh(int pages) {
    char *memory = map(pages);
    madvise(memory, (size_t)pages * PAGE, MADV_NOHUGEPAGE);
    return memory;
}

static void touch(char *memory, int pages) {
    for (int page = 0; page < pages; page++) ((volatile char *)memory)[page * PAGE] = 1;
}

static void *volatile kept;

static void allocate(int times) {
    for (int i = 0; i < times; i++) free(kept = malloc(32));
}

static void without_a_lock(void) {
    char *memory = fresh(7);
    now = "if locked";
    DIOAUDIT_EXPECT_NONE_AFTER(0) { touch(memory, 7); }
    show();

    now = "forbidden";
    memory = fresh(7);
    DIOAUDIT_EXPECT_NONE_WITH(DIOAUDIT_FAULTS_FORBIDDEN, 0) { touch(memory, 7); }
    show();

    now = "again";
    DIOAUDIT_EXPECT_NONE_WITH(DIOAUDIT_FAULTS_FORBIDDEN, 0) { touch(memory, 7); }
    show();

    now = "warm";
    memory = fresh(7);
    DIOAUDIT_EXPECT_NONE_WITH(DIOAUDIT_FAULTS_FORBIDDEN, 1) { touch(memory, 7); }
    show();

    // The stacks of what it allocates are kept in memory that nobody touched before.
    now = "with an allocation";
    memory = fresh(3);
    DIOAUDIT_EXPECT_NONE_WITH(DIOAUDIT_FAULTS_FORBIDDEN, 0) {
        allocate(2);
        touch(memory, 3);
    }
    show();

    // What the inner one does to tell of it is nobody's.
    now = "nested";
    memory = fresh(5);
    DIOAUDIT_EXPECT_NONE_WITH(DIOAUDIT_FAULTS_FORBIDDEN, 0) {
        touch(memory, 2);
        DIOAUDIT_EXPECT_NONE_WITH(DIOAUDIT_FAULTS_FORBIDDEN, 0) {
            allocate(1);
            touch(memory + 2 * PAGE, 3);
        }
    }
    show();

    now = "inside one that does not judge them";
    memory = fresh(4);
    DIOAUDIT_EXPECT_NONE_AFTER(0) {
        DIOAUDIT_EXPECT_NONE_WITH(DIOAUDIT_FAULTS_FORBIDDEN, 0) { touch(memory, 4); }
        show();
    }
    show();
}

static void lock(int flags) {
    if (mlockall(flags) != 0) printf("mlockall failed\n");
}

static void with_a_lock(void) {
    lock(MCL_CURRENT | MCL_FUTURE);
    now = "locked";
    DIOAUDIT_EXPECT_NONE { allocate(0); }
    show();

    now = "maps";
    DIOAUDIT_EXPECT_NONE_AFTER(0) { map(5); }
    show();

    now = "allowed";
    DIOAUDIT_EXPECT_NONE_WITH(DIOAUDIT_FAULTS_ALLOWED, 0) { map(5); }
    show();

    now = "unlocks";
    DIOAUDIT_EXPECT_NONE_AFTER(0) { munlockall(); }
    show();

    now = "unlocked";
    DIOAUDIT_EXPECT_NONE_AFTER(0) { touch(map(1), 1); }
    show();

    now = "current";
    lock(MCL_CURRENT);
    DIOAUDIT_EXPECT_NONE { allocate(0); }
    show();

    now = "wrong flags";
    mlockall(MCL_ONFAULT);
    DIOAUDIT_EXPECT_NONE { allocate(0); }
    show();
}

static void *unlock(void *barrier) {
    pthread_barrier_wait(barrier);
    munlockall();
    pthread_barrier_wait(barrier);
    return NULL;
}

static void with_another_that_unlocks(void) {
    pthread_barrier_t barrier;
    pthread_t thread;
    pthread_barrier_init(&barrier, NULL, 2);
    lock(MCL_CURRENT | MCL_FUTURE);
    if (pthread_create(&thread, NULL, unlock, &barrier) != 0) exit(1);
    now = "unlocked by another";
    DIOAUDIT_EXPECT_NONE_AFTER(0) {
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
    }
    show();
    pthread_join(thread, NULL);
}

static void without_a_limit_to_lock(void) {
    struct rlimit none = {0};
    setrlimit(RLIMIT_MEMLOCK, &none);
    if (geteuid() == 0 && seteuid(65534) != 0) exit(1);
    mlockall(MCL_CURRENT | MCL_FUTURE);
    now = "no limit to lock";
    DIOAUDIT_EXPECT_NONE { allocate(0); }
    show();
}

static void refuse_getrusage(unsigned action) {
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrusage, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, action),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) exit(1);
}

// With the error 0 the call seems to succeed, and answers nothing.
static void without_an_answer(unsigned error) {
    now = "refused";
    DIOAUDIT_EXPECT_NONE_WITH(DIOAUDIT_FAULTS_FORBIDDEN, 0) { refuse_getrusage(SECCOMP_RET_ERRNO | error); }
    show();

    now = "not asked";
    DIOAUDIT_EXPECT_NONE { allocate(0); }
    show();
}

int main(int argc, char **argv) {
    dioaudit_on_failure(tell);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 1) without_a_lock();
    else if (strcmp(argv[1], "lock") == 0) with_a_lock();
    else if (strcmp(argv[1], "unlock") == 0) with_another_that_unlocks();
    else if (strcmp(argv[1], "limit") == 0) without_a_limit_to_lock();
    else without_an_answer((unsigned)atoi(argv[1]));
    return 0;
}
