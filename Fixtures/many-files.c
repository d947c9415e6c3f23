// Intent: opens one file 1100 times with O_DIRECT. Some are beyond what can be followed: their first transfers count as steady, and
// it is no pass.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: than can be followed
// Warmup: transfers 1000
// Steady: transfers 2300
// Setup: nothing
// Teardown: nothing
#include "direct.h"
#include <sys/resource.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    require(setrlimit(RLIMIT_NOFILE, &limit) == 0, "RLIMIT_NOFILE");
    for (int i = 0; i < 1100; i++) write_blocks(open_direct(arguments[1]), 3);
}
