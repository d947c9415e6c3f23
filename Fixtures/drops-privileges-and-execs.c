// Intent: a daemon of root's drops its privileges and executes another program with an environment of its own making: it may
// not open files below dioaudit's /proc entry any more, and is observed all the same.
// User: changes
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Steady: transfers 9, malloc 5/60
// Violation: malloc 5/60 first 10 in main
// Also: syscallBrk
#include "direct.h"
#include <grp.h>
#include <sys/stat.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    if (count == 2) {
        int fd = open_direct(arguments[1]);
        require(fchmod(fd, 0666) == 0, "fchmod");
        close(fd);
        if (geteuid() == 0) require(setgroups(0, NULL) == 0 && setgid(65534) == 0 && setuid(65534) == 0, "setuid");
        char *bare[] = {"PATH=/bin", NULL}, *again[] = {arguments[0], arguments[1], "again", NULL};
        execve(arguments[0], again, bare);
        _exit(97);
    }
    int fd = open(arguments[1], O_RDWR | O_DIRECT);
    require(fd >= 0, "cannot open the file with O_DIRECT");
    write_blocks(fd, 10);
    for (int i = 0; i < 5; i++) keep(malloc(12));
    close(fd);
}
