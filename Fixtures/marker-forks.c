// Intent: a child that is forked in a phase which the program has named continues in it, since it runs the same code. So it
// does in its thread's own phase, and in an allowed region.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: transfers 0
// Steady: transfers 6, malloc 7/550
// Region: allowed 'child' entered 1 malloc 2/200
// Violation: malloc 2/20 first 1 in first_child < main
// Violation: malloc 3/330 first 0 in main
// Also: syscallBrk
#include "direct.h"
#include <dioaudit.h>
#include <sys/wait.h>

static int fd;

__attribute__((noinline)) static void first_child(void) {
    write_block(fd, 0);
    for (int i = 0; i < 2; i++) keep(malloc(10));
}

static void await(pid_t child) {
    int status;
    require(child > 0 && waitpid(child, &status, 0) == child && status == 0, "the child");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    dioaudit_phase("setup");
    fd = open_direct(arguments[1]);
    dioaudit_phase("steady");
    write_blocks(fd, 3);
    pid_t child = _Fork();  // past the handlers of fork
    if (child == 0) {
        first_child();
        _exit(0);
    }
    await(child);
    dioaudit_phase("teardown");
    dioaudit_phase_thread("steady");
    write_block(fd, 3);
    child = fork();
    if (child == 0) {
        for (int i = 0; i < 3; i++) keep(malloc(110));
        dioaudit_allow_begin("child");
        for (int i = 0; i < 2; i++) keep(malloc(100));
        write_block(fd, 3);
        dioaudit_allow_end("child");
        dioaudit_phase_thread(NULL);
        _exit(0);
    }
    await(child);
    dioaudit_phase_thread(NULL);
    close(fd);
}
