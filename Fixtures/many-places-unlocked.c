// Intent: an unlocked program whose first mallocs from many places come in the steady phase. What the interposer keeps for
// each place was its to touch before: not one page fault is the program's.
// Exit: 1
// Verdict: fail
// Steady: transfers 10, malloc 8/128, pageFaultMinor 0, pageFaultMajor 0
#include "direct.h"

static void *(*volatile allocate)(size_t) = malloc;

#define PLACE(n) \
    __attribute__((noinline)) static void place_##n(void) { keep(allocate(16)); }
PLACE(0) PLACE(1) PLACE(2) PLACE(3) PLACE(4) PLACE(5) PLACE(6) PLACE(7)

static void (*const places[])(void) = {place_0, place_1, place_2, place_3, place_4, place_5, place_6, place_7};

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    free(keep(malloc(100000)));  // the heap and this code have been used before
    for (int round = 0; round < 8; round++) places[round]();
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    for (int i = 0; i < 8; i++) places[i]();
    write_block(fd, 10);
    close(fd);
}
