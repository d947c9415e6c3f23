// Intent: maps by syscall(2) in the steady phase, past what the interposer counts: the syscalls witness sees it. By number it may do so in setup, and may ask for
// its thread's id whenever it likes.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Reason: in the steady phase: 1 mmap system call
// Setup: nothing
// Warmup: transfers 1
// Steady: transfers 9, syscallMmap 1/4096
// Violation: syscallMmap 1/4096
// Teardown: nothing
#include "direct.h"
#include <sys/syscall.h>

static void map_directly(void) {
    long page = syscall(SYS_mmap, 0, BLOCK, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(page > 0, "mmap");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    map_directly();
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 5);
    require(syscall(SYS_gettid) == getpid(), "gettid");
    map_directly();
    write_blocks(fd, 5);
    close(fd);
}
