// Flags: -static
// Intent: a static program reads into pages that it never touched: the kernel takes their page faults by itself, and no tracepoint
// shows these.
// Options: --allow heap
// Exit: 2
// Verdict: inconclusive
// Reason: is a static program, which loads no interposer
// Root Exit: 1
// Root Verdict: fail
// Root Reason: in the steady phase: 50 minor page faults
// Root Warmup: transfers 1/4096
// Root Steady: transfers 51/208896, pageFaultMinor 50
// Root Violation: pageFaultMinor 50
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    char *pages = mmap(NULL, 50 * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(pages != MAP_FAILED, "mmap");
    write_blocks(fd, 2);
    for (int i = 0; i < 50; i++) require(pread(fd, pages + i * BLOCK, BLOCK, 0) == BLOCK, "pread");
    close(fd);
}
