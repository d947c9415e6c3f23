// Intent: with --phases markers the transfers themselves end no phase: what comes before the first marker is setup.
// Options: --phases markers
// Exit: 0
// Verdict: pass
// Setup: transfers 10, malloc 10/100, free 10
// Steady: transfers 20
#include "direct.h"
#include <dioaudit.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 10; i++) {
        write_block(fd, i);
        free(keep(malloc(10)));
    }
    dioaudit_phase("steady");
    write_blocks(fd, 20);
    dioaudit_phase("teardown");
    close(fd);
}
