// Passes the interposer on to a program that the subject starts with an environment of its own making.
#ifndef DIOAUDIT_FOLLOWING_H
#define DIOAUDIT_FOLLOWING_H

#include <stdbool.h>
#include <stddef.h>

// Stores the variables by which this image was attached.
void following_begin(const char *ledger);

// The environment with those variables added, in `entries` and `text`. Unchanged if it has them or cannot be read. Without our
// library if the new program could not load it.
char *const *following_environment(char *const *environment, char **entries, char *text);

// Whether a program that is started here can open the interposer.
bool following_is_possible(void);

// The number of pointers and of bytes that following_environment needs.
size_t following_entries(char *const *environment);
size_t following_text(char *const *environment);

// Allocates both on the stack: the caller may be a vfork child, and nothing may be allocated on the heap.
#define FOLLOW(environment)                                 \
    char *entries[following_entries(environment)];          \
    char text[following_text(environment)];                 \
    environment = following_environment(environment, entries, text)

#endif
