// libframe-small.c and libframe-large.c: the same code at the same addresses, with stack frames of different sizes.
#include <stdlib.h>

void allocate(void);

void allocate(void) {
    char room[ROOM];
    void *memory = malloc(ROOM);
    __asm__ volatile("" : : "r"(memory), "r"(room) : "memory");
    free(memory);
}
