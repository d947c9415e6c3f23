// For benchmarks: the best possible interposer, which forwards and counts nothing.
#include <stddef.h>

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void __libc_free(void *);

void *malloc(size_t size) {
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
    return __libc_realloc(memory, size);
}

void free(void *memory) {
    __libc_free(memory);
}
