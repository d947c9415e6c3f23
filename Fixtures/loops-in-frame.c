// Intent: its call frame information has an expression that jumps back to its own begin. HangTests run it with --timeout: no walk of
// its stack may go on for ever.
#include "direct.h"
#include <sys/stat.h>

// DW_CFA_def_cfa_expression of 3 bytes: DW_OP_skip -3.
__attribute__((noinline)) static void waits(const char *path) {
    __asm__ volatile(".cfi_escape 0x0f, 3, 0x2f, 0xfd, 0xff");
    char byte;
    int fd = open(path, O_RDWR);
    require(fd >= 0, "open of the FIFO");
    keep(read(fd, &byte, 1) < 0 ? &byte : NULL);
}

int main(int count, char **arguments) {
    require(count > 1, "which FIFO?");
    require(mkfifo(arguments[1], 0600) == 0, "mkfifo");
    waits(arguments[1]);
    require(count > 1, "which FIFO?");
    return 0;
}
