// Intent: callocs in the steady phase; what is counted is the product, as the caller asked for it.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Reason: in the steady phase: 12 calloc
// Setup: calloc 1/6, free 1
// Warmup: transfers 1
// Steady: transfers 11, calloc 12/1218, free 12
// Teardown: nothing
// Settled: never
// Violation: calloc 12/1218 first 1 in main
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    free(keep(calloc(2, 3)));
    for (size_t i = 1; i <= 12; i++) {
        write_block(fd, (long)i);
        char *memory = keep(calloc(2 * i - 1, 8 + i % 2));
        for (size_t at = 0; at < (2 * i - 1) * (8 + i % 2); at++) require(memory[at] == 0, "zeroes");
        free(memory);
    }
    close(fd);
}
