// The program of frees-only.c and frees-forbidden.c, which differ in what they expect.
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    static void *memory[50];
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 50; i++) memory[i] = keep(malloc(16));
    lock_memory();
    for (int i = 0; i < 50; i++) {
        write_block(fd, i);
        free(memory[i]);
    }
    close(fd);
}
