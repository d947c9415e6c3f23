// Intent: the child of an allowed region allocates in it before it executes another program, at the second try. A
// successful exec ends the region, and a failed one does not.
// Options: --phases markers --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Steady: transfers 20, malloc 3/30, free >=0
// Region: allowed 'helper' entered 1 malloc 3/30
#include "direct.h"
#include <dioaudit.h>
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    dioaudit_phase("steady");
    write_blocks(fd, 10);
    pid_t child = fork();
    if (child == 0) {
        dioaudit_allow_begin("helper");
        keep(malloc(10));
        execl("/nonexistent", "nonexistent", NULL);
        keep(malloc(10));
        keep(malloc(10));
        execl("/bin/true", "true", NULL);
        _exit(1);
    }
    int status;
    require(child > 0 && waitpid(child, &status, 0) == child && status == 0, "the child");
    write_blocks(fd, 10);
    dioaudit_phase("teardown");
    close(fd);
}
