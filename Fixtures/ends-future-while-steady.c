// Intent: the same in the steady phase: a new mapping shows it when the program ends.
// Options: --syscalls off --kernel off
// Exit: 2
// Verdict: inconclusive
// Reason: but what it maps anew is not locked
// Reason: mapping calls are judged, and no witness of the kernel's side watched them
// Setup: mlockall 1
// Warmup: transfers 1
// Steady: transfers 19
#include "direct.h"
#include "raw.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    lock_memory();
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    require(raw(SYS_mlockall, MCL_CURRENT, 0, 0, 0) == 0, "mlockall by the instruction");
    write_blocks(fd, 10);
    close(fd);
}
