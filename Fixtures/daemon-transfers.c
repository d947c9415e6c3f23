// For tests of attach: says its number, and at each line that it is given writes ten times to its O_DIRECT file; then it says so. With
// "allocates" it calls malloc before each write.
#include "direct.h"
#include <stdbool.h>
#include <stdio.h>

static void serve(int fd, bool allocates) {
    char line[64];
    do {
        for (int i = 0; i < 10; i++) {
            void *volatile kept = allocates ? malloc(32) : NULL;
            free(kept);
            write_block(fd, i);
        }
        int length = snprintf(line, sizeof(line), "%d\n", getpid());
        if (write(1, line, (size_t)length) != length) exit(1);
    } while (read(0, line, sizeof(line)) > 0);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    serve(open_direct(arguments[1]), count > 2);
    return 0;
}
