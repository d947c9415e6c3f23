// Intent: tries more programs than the ledger has places for, none of which exist, and then starts 300, which all load the
// interposer.
// Exit: 0
// Verdict: pass
// Steady: transfers 9
#include "direct.h"
#include <spawn.h>
#include <sys/wait.h>

enum { TRIED = 2000, STARTED = 300 };

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char *const command[] = {"true", NULL};
    for (int i = 0; i < TRIED; i++) require(execv("/nonexistent", command) == -1, "no such program");
    for (int i = 0; i < STARTED; i++) {
        pid_t child;
        int status;
        require(posix_spawn(&child, "/bin/true", NULL, NULL, command, environ) == 0, "posix_spawn");
        require(waitpid(child, &status, 0) == child && status == 0, "waitpid");
        usleep(2000);  // room is asked after here, not how fast dioaudit reads records on a machine with other work
    }
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    close(fd);
}
