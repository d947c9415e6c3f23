// Needs: root, for a time namespace
// Intent: a child in a time namespace has another clock: what the kernel saw of it falls into no phase that can be trusted.
// Options: --allow pageFaultMinor,pageFaultMajor --no-require-lock
// Exit: 1
// Verdict: fail
// Reason: has another clock than dioaudit
// Steady: transfers 5, mappingsUnexplained 5/20480
#include "direct.h"
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    require(unshare(CLONE_NEWTIME) == 0, "unshare");
    int offsets = open("/proc/self/timens_offsets", O_WRONLY);
    require(write(offsets, "monotonic 100000 0\n", 19) == 19, "timens_offsets");
    close(offsets);
    pid_t child = fork();
    if (child == 0) {
        int fd = open_direct(arguments[1]);
        write_blocks(fd, 3);
        for (int i = 0; i < 5; i++) syscall(SYS_mmap, 0, BLOCK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        write_blocks(fd, 3);
        close(fd);
        _exit(0);
    }
    int status;
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
}
