// Intent: more allowed regions than the ledger has room for, and then a mapping that bypasses libc: no pass, since it may be in one.
// Exit: 2
// Verdict: inconclusive
// Reason: entered more phases and allowed regions than the ledger holds
// Steady: transfers 3
#include "direct.h"
#include <dioaudit.h>
#include <sys/syscall.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    lock_memory();
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 3);
    for (int i = 0; i < 191; i++) {
        dioaudit_allow_begin("often");
        dioaudit_allow_end("often");
    }
    require(syscall(SYS_mmap, 0, BLOCK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) > 0, "mmap");
    write_block(fd, 3);
    close(fd);
}
