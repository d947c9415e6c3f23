// libc's functions for bytes and strings, for this library alone.
//
// TRAP: another library may have functions of these names that are found before libc's: AddressSanitizer's call libc's by pointers
// that are null until it has begun, and ours may run before that; a program's own may allocate. So the linker binds our calls to
// these, which are hidden. Test: BlindSpotTests, a program with AddressSanitizer
#include <string.h>

#include "../rules.h"

// The compiler would make calls of these very functions of their loops, which then would never end.
#define PLAIN __attribute__((no_builtin, visibility("hidden")))

PLAIN void *memcpy(void *restrict to, const void *restrict from, size_t bytes) {
    char *target = to;
    const char *source = from;
    while (bytes--) *target++ = *source++;
    return to;
}

PLAIN void *memmove(void *to, const void *from, size_t bytes) {
    char *target = to;
    const char *source = from;
    if (target > source) {
        while (bytes--) target[bytes] = source[bytes];
    } else {
        for (size_t i = 0; i < bytes; i++) target[i] = source[i];
    }
    return to;
}

PLAIN void *memset(void *to, int byte, size_t bytes) {
    for (unsigned char *target = to; bytes--; target++) *target = (unsigned char)byte;
    return to;
}

PLAIN void *memchr(const void *in, int byte, size_t bytes) {
    for (const unsigned char *at = in; bytes--; at++)
        if (*at == (unsigned char)byte) return (void *)(uintptr_t)at;
    return NULL;
}

PLAIN size_t strlen(const char *text) {
    size_t length = 0;
    while (text[length]) length++;
    return length;
}

PLAIN int strncmp(const char *a, const char *b, size_t most) {
    for (; most--; a++, b++)
        if (*a != *b || !*a) return (unsigned char)*a - (unsigned char)*b;
    return 0;
}

PLAIN int strcmp(const char *a, const char *b) {
    return strncmp(a, b, SIZE_MAX);
}

PLAIN char *strncpy(char *restrict to, const char *restrict from, size_t room) {
    for (size_t i = 0; i < room; i++) {
        to[i] = *from;
        if (*from) from++;
    }
    return to;
}

PLAIN char *strncat(char *restrict to, const char *restrict from, size_t most) {
    char *end = to + strlen(to);
    while (most-- && *from) *end++ = *from++;
    *end = 0;
    return to;
}

PLAIN char *strcat(char *restrict to, const char *restrict from) {
    return strncat(to, from, SIZE_MAX);
}

PLAIN char *strchr(const char *text, int letter) {
    for (;; text++) {
        if (*text == (char)letter) return (char *)(uintptr_t)text;
        if (!*text) return NULL;
    }
}

PLAIN char *strrchr(const char *text, int letter) {
    const char *last = NULL;
    for (;; text++) {
        if (*text == (char)letter) last = text;
        if (!*text) return (char *)(uintptr_t)last;
    }
}

PLAIN size_t strcspn(const char *text, const char *letters) {
    size_t length = 0;
    while (text[length] && !strchr(letters, text[length])) length++;
    return length;
}

PLAIN char *strstr(const char *text, const char *wanted) {
    size_t length = strlen(wanted);
    for (; strncmp(text, wanted, length) != 0; text++)
        if (!*text) return NULL;
    return (char *)(uintptr_t)text;
}
