// Needs: root, for a time namespace
// Intent: a process enters another time namespace in its steady phase and leaves it before it ends: what the kernel saw of it falls
// into no phase that can be trusted.
// Options: --allow pageFaultMinor,pageFaultMajor --no-require-lock
// Exit: 2
// Verdict: inconclusive
// Reason: has another clock than dioaudit
// Warmup: transfers 2
// Steady: transfers 18
#include "direct.h"
#include <sched.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int home = open("/proc/self/ns/time", O_RDONLY), fd = open_direct(arguments[1]);
    require(home >= 0 && unshare(CLONE_NEWTIME) == 0, "unshare");
    int offsets = open("/proc/self/timens_offsets", O_WRONLY);
    require(write(offsets, "monotonic 100000 0\n", 19) == 19, "timens_offsets");
    close(offsets);
    int away = open("/proc/self/ns/time_for_children", O_RDONLY);
    write_blocks(fd, 10);
    require(away >= 0 && setns(away, CLONE_NEWTIME) == 0, "there");
    close(fd);
    fd = open_direct(arguments[1]);
    require(setns(home, CLONE_NEWTIME) == 0, "and back");
    write_blocks(fd, 10);
    close(fd);
}
