// Intent: a filter of the program's own refuses to open files, those of /proc too: what its memory gained only the kernel's records
// tell.
// Exit: 2
// Verdict: inconclusive
// Reason: the resident pages of
// Reason: its file io in /proc could not be read
// Root Exit: 0
// Root Verdict: pass
// Root Reason: none
// Warmup: transfers 1
// Steady: transfers 19
#include "refuses.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    REFUSE(EACCES, SYS_openat);
    write_blocks(fd, 20);
    close(fd);
}
