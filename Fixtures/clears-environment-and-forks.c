// Intent: a process without an environment forks: its child transfers and allocates, and is judged.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Steady: transfers 108, malloc 9/288
// Violation: malloc 9/288 in main
// Also: syscallBrk
#include "direct.h"
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    clearenv();
    pid_t child = fork();
    int fd = open_direct(arguments[1]);
    if (child == 0) {
        for (int i = 0; i < 10; i++) {
            write_block(fd, i);
            if (i > 0) keep(malloc(32));
        }
        _exit(0);
    }
    int status;
    require(child > 0 && waitpid(child, &status, 0) == child && status == 0, "the child");
    write_blocks(fd, 100);
    close(fd);
}
