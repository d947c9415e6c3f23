// Files of md's that the lab's programs keep open.
#ifndef ATTRIBUTE_H
#define ATTRIBUTE_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void die(const char *what) {
    perror(what);
    exit(1);
}

static inline bool is_in(int fd, const char *word) {
    char text[100];
    ssize_t length = pread(fd, text, sizeof text - 1, 0);
    if (length < 0) die("state");
    text[length] = 0;
    return strstr(text, word) != NULL;
}

#endif
