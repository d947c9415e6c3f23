// Intent: posix_spawn's child shares the parent's memory until it execs, and closes and replaces descriptors there: the
// parent's file is open still.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: transfers 19, malloc 1/70, free 1
// Violation: malloc 1/70 first 10 in main
// Also: syscallMmap
#include "direct.h"
#include <spawn.h>
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    int fd = open_direct(arguments[1]), status;
    posix_spawn_file_actions_addclose(&actions, fd);
    posix_spawn_file_actions_adddup2(&actions, 2, fd);
    write_blocks(fd, 10);
    pid_t child;
    require(posix_spawn(&child, "/bin/true", &actions, NULL, (char *[]){"true", NULL}, environ) == 0, "posix_spawn");
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
    free(keep(malloc(70)));
    write_blocks(fd, 10);
    close(fd);
    posix_spawn_file_actions_destroy(&actions);
}
