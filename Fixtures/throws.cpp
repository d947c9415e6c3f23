// Intent: a C++ exception is memory from malloc. It is thrown through frames that the interposer must not disturb.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: transfers 9, malloc 10, free 10
// Violation: malloc 10 first 1 in __cxa_allocate_exception < thrower < main
#include "direct.h"

__attribute__((noinline)) static void thrower(int number) {
    throw number;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]), caught = 0;
    for (int i = 0; i < 10; i++) {
        write_block(fd, i);
        try {
            thrower(i);
        } catch (int number) {
            caught += number == i;
        }
    }
    require(caught == 10, "caught");
    close(fd);
}
