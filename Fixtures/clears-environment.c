// Intent: starts shells after it has cleared its environment, which libc does by itself: they are missed, and named. As root that
// is a note: the kernel saw that they transferred nothing.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: had no LD_PRELOAD in its environment, or
// Reason: /bin/
// Root Exit: 0
// Root Verdict: pass
// Root Reason: none
// Steady: transfers 9
#include "direct.h"
#include <stdio.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    close(fd);
    clearenv();
    require(system("exit 0") == 0, "system");
    require(pclose(popen("exit 0", "r")) == 0, "popen");
}
