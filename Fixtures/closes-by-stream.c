// Intent: fclose closes the descriptor of a stream by libc's own name; what has the number next is no O_DIRECT file.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Warmup: transfers 1
// Steady: transfers 9
// Teardown: transfers 0, free 1
#include "direct.h"
#include <stdio.h>
#include <sys/socket.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    FILE *stream = fdopen(fd, "r+");
    require(stream != NULL, "fdopen");
    write_blocks(fd, 10);
    fclose(stream);
    int ends[2];
    require(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && ends[0] == fd, "the number is used again");
    for (int i = 0; i < 5; i++) require(write(ends[0], "x", 1) == 1 && read(ends[1], block, 1) == 1, "socket");
}
