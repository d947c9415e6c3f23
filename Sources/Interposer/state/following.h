// Goes along with a program that this one starts with an environment of its own making.
#ifndef DIOAUDIT_FOLLOWING_H
#define DIOAUDIT_FOLLOWING_H

#include <stddef.h>

// Remembers by which variables this image was attached.
void following_begin(const char *ledger);

// The environment with those variables; itself if it has them, or cannot be read; without our library where that cannot be
// loaded. `entries` and `text` give it room.
char *const *following_environment(char *const *environment, char **entries, char *text);

// How many pointers and bytes that takes.
size_t following_entries(char *const *environment);
size_t following_text(char *const *environment);

// Room on the stack: it may be a vfork child's, and nothing may be allocated.
#define FOLLOW(environment)                                 \
    char *entries[following_entries(environment)];          \
    char text[following_text(environment)];                 \
    environment = following_environment(environment, entries, text)

#endif
