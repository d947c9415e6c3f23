// Intent: transfers and closes by libc's other names of these functions, which the interposer does not stand for.
// Options: --allow all
// Exit: 2
// Verdict: inconclusive
// Reason: which bypasses the interposer
// Reason: accounts 40960 bytes written to disks in the steady phase
// Root Exit: 0
// Root Verdict: pass
// Root Reason: none
// Warmup: transfers 1
// Steady: transfers 9
// Root Steady: transfers 10
#include "direct.h"

extern int __close(int fd);
extern ssize_t __pwrite64(int fd, const void *data, size_t length, off_t at);

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    require(__pwrite64(fd, block, BLOCK, 0) == BLOCK, "__pwrite64");
    require(__close(fd) == 0, "__close");
}
