// For tests: COUNT times makes the kernel allocate a path's buffer, each time by another chain of calls. It waits while dioaudit
// is busy, so that no ring overflows.
#include "direct.h"
#include <stdio.h>
#include <time.h>

enum { DEPTH = 18 };

// A way down for each number. What stands around a call keeps the two from becoming one, or a jump.
__attribute__((noinline)) static void descend(int depth, unsigned number) {
    if (depth == 0) {
        require(access("", F_OK) < 0, "access");
    } else if (number & 1) {
        __asm__ volatile("nop" ::: "memory");
        descend(depth - 1, number >> 1);
        __asm__ volatile("nop" ::: "memory");
    } else {
        __asm__ volatile("nop; nop" ::: "memory");
        descend(depth - 1, number >> 1);
        __asm__ volatile("nop; nop" ::: "memory");
    }
}

// proc_pid_stat(5): the state comes after the name in parentheses.
static void await_sleep(int stat) {
    char text[512];
    for (;;) {
        ssize_t length = pread(stat, text, sizeof(text) - 1, 0);
        require(length > 0, "stat");
        text[length] = 0;
        const char *end = strrchr(text, ')');
        if (end && end[2] == 'S') return;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

int main(int count, char **arguments) {
    require(count > 2, "which file, and how many?");
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/stat", getppid());
    int stat = open(path, O_RDONLY), fd = open_direct(arguments[1]), chains = atoi(arguments[2]);
    require(stat >= 0 && chains > 0 && chains <= 1 << DEPTH, "stat");
    write_blocks(fd, 2);
    for (int i = 0; i < chains; i++) {
        descend(DEPTH, (unsigned)i);
        if (i % 1000 == 0) await_sleep(stat);
    }
    write_blocks(fd, 1);
    close(fd);
}
