// Intent: writes without O_DIRECT, and to a packet pipe, which has the flag and is no file: no transfer.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: no transfer on an O_DIRECT file was seen, nor such a file
// Setup: transfers 0
// Steady: transfers 0
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open(arguments[1], O_RDWR | O_CREAT, 0600);
    write_blocks(fd, 10);
    close(fd);
    int ends[2];
    require(pipe2(ends, O_DIRECT) == 0, "pipe2");
    for (int i = 0; i < 10; i++)
        require(write(ends[1], "packet", 6) == 6 && read(ends[0], block, BLOCK) == 6, "pipe");
}
