// Intent: a forked child makes all its transfers by the instruction, where the kernel is not asked for each: the child has an O_DIRECT
// file, and the kernel accounts them to it.
// Options: --syscalls off --kernel off --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: calls that were not seen moved 40960
// Reason: mapping calls are judged, and no witness of the kernel's side watched them
// Warmup: transfers 1
// Steady: transfers 9
#include "direct.h"
#include "raw.h"
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]), status;
    pid_t child = fork();
    if (child == 0) {
        write_unseen(fd, 10);
        _exit(0);
    }
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
    write_blocks(fd, 10);
    close(fd);
}
