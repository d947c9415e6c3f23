// Link: -L.build/fixtures -l:libnext-malloc '-Wl,-rpath,$ORIGIN'
// Intent: a library that the program is linked with asks for the malloc behind itself, which is libc's: not observed, and so no pass.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: looked up malloc in a library by dlsym
// Reason: glibc's own books of
// Steady: transfers 9
#include "direct.h"

void *allocate(size_t size);

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    free(keep(malloc(1)));  // libc's heap begins
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 10; i++) {
        write_block(fd, i);
        require(keep(allocate(8)) != NULL, "allocate");
    }
    close(fd);
}
