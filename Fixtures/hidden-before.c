// Intent: transfers by the instruction before the first that libc sees, with a malloc among them, where the kernel is not asked for
// each: its accounting knows of them.
// Options: --syscalls off --kernel off --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: calls that were not seen moved 40960
// Reason: mapping calls are judged, and no witness of the kernel's side watched them
// Setup: malloc 1/100, free 1
// Warmup: transfers 1
// Steady: transfers 9
#include "direct.h"
#include "raw.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_unseen(fd, 10);
    free(keep(malloc(100)));
    write_blocks(fd, 10);
    close(fd);
}
