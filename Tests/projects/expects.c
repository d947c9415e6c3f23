// Assertions as a test in C has them: what each one says is printed. Tests/EndToEndTests/TestLibraryTests.swift runs it.
#include <dioaudit.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static const char *now;

static void tell(const char *file, int line, const char *message) {
    (void)file, (void)line;
    printf("%s: %s\n", now, message);
}

static int left_by_return(void) {
    DIOAUDIT_EXPECT_NONE_AFTER(0) {
        allocate(2);
        return 1;
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "abort") == 0) DIOAUDIT_EXPECT_NONE { allocate(1); }

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
    return 0;
}
