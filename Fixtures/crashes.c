// Intent: crashes in the steady phase after two allocations: what it did till then is in the report.
// Options: --allow all
// Exit: 3
// Verdict: inconclusive
// Reason: killed by signal 11
// Reason: I/O accounting
// Root Reason: killed by signal 11
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 9, malloc 2/20, free 2
// Teardown: nothing
#include "direct.h"
#include <sys/resource.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    for (int i = 0; i < 2; i++) free(keep(malloc(10)));
    *(volatile int *)keep(NULL) = 1;
}
