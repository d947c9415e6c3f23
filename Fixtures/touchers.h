// Threads that touch pages of their own within the steady phase, and how a program has them begin and end there.
#ifndef TOUCHERS_H
#define TOUCHERS_H

#include "direct.h"
#include <pthread.h>

static char *pages;

// `start` runs the thread of a number to its end.
static inline void touch_while_steady(const char *file, void (*start)(int), int threads) {
    pages = mmap(NULL, 60 * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    madvise(pages, 60 * BLOCK, MADV_NOHUGEPAGE);
    // Once for warmth: the pages of code, of the name's setting, a thread's arena, and each way to end, with libgcc's.
    for (int number = 0; number < threads; number++) start(number);
    madvise(pages, 60 * BLOCK, MADV_DONTNEED);
    int fd = open_direct(file);
    write_blocks(fd, 10);
    for (int number = 0; number < threads; number++) start(number);
    write_blocks(fd, 10);
    close(fd);
}

#endif
