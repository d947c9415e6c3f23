// Intent: closes all descriptors, drops its environment and changes its root, as daemons do: the ledger continues.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: malloc 1/4, free 1
// Warmup: transfers 1
// Steady: transfers 9, malloc 1/8, free 1
// Teardown: nothing
// Violation: malloc 1/8 first 10 in main
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    for (int fd = 0; fd < 1024; fd++) close(fd);
    environ = NULL;
    free(keep(malloc(4)));
    int fd = open_direct(arguments[1]);
    require(fd == 0, "the lowest descriptor");
    if (geteuid() == 0) require(chroot("/var/empty") != 0 || chdir("/") == 0, "chroot");
    write_blocks(fd, 10);
    free(keep(malloc(8)));
    close_range(0, ~0U, 0);
}
