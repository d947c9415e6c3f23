// Intent: a filter of the program's own refuses getrusage, fcntl and getpid: what was asked and not answered is unknown, and not
// zero. The last file's close is its own to see all the same.
// Options: --no-require-lock
// Exit: 2
// Verdict: inconclusive
// Reason: getrusage(2) was refused
// Reason: than can be followed
// Warmup: transfers 1
// Steady: transfers 99
// Teardown: transfers 0, malloc 100/3200
#include "refuses.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    REFUSE(EPERM, SYS_getrusage, SYS_fcntl, SYS_getpid);
    open_direct(arguments[1]);  // this one looks like any other file
    write_blocks(fd, 100);
    close(fd);
    for (int i = 0; i < 100; i++) keep(malloc(32));
    _exit(0);
}
