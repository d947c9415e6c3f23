// Intent: enters more phases than the ledger has room for, and then maps by a call that bypasses libc: its phase is unknown.
// Exit: 2
// Verdict: inconclusive
// Reason: entered more phases and allowed regions than the ledger holds
#include "direct.h"
#include <dioaudit.h>
#include <sys/syscall.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    lock_memory();
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 300; i++) {
        dioaudit_phase("steady");
        dioaudit_phase("setup");
    }
    dioaudit_phase("steady");
    write_blocks(fd, 3);
    for (int i = 0; i < 5; i++)
        require(syscall(SYS_mmap, 0, BLOCK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) > 0, "mmap");
    write_block(fd, 3);
    dioaudit_phase("teardown");
    close(fd);
}
