// Intent: libc allocates for strdup, asprintf and fopen through the same malloc; what it maps for itself is not seen.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 3, malloc >=4, realloc >=0, free >=4, calloc >=0
// Violation: malloc 1/6 in main
// Violation: malloc >=1 in main
// Also: syscallBrk
#include "direct.h"
#include <stdio.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_block(fd, 0);
    free(keep(strdup("hello")));
    write_block(fd, 1);
    char *text;
    require(asprintf(&text, "%d", fd) > 0, "asprintf");
    free(text);
    write_block(fd, 2);
    FILE *file = fopen("/dev/null", "w");
    require(file && fputc('x', file) == 'x', "fopen");
    fclose(file);
    write_block(fd, 3);
    close(fd);
}
