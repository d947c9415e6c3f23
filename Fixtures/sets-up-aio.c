// Link: -laio
// Intent: sets up rings by libaio, which the kernel maps by itself: the call is no mmap.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Reason: the kernel saw 100 io_setup system calls in the steady phase
// Warmup: transfers 1
// Steady: transfers 109, mappingsUnexplained >=100
#include "direct.h"
#include <libaio.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    for (int i = 0; i < 100; i++) {
        io_context_t ring = 0;
        require(io_setup(64, &ring) == 0, "io_setup");
        write_block(fd, i);
    }
    close(fd);
}
