// Intent: starts a program in every way there is, each without the environment that would load the interposer: every one
// is missed. (Those that load it are daemonises.c's, spawns.c's and execs-itself.c's.)
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: 13 programs that the subject started did not load the interposer
// Steady: transfers 9
#include "direct.h"
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>

static char *const command[] = {"true", NULL};
static char *nothing[] = {NULL};

static void start(int way) {
    pid_t child = -1;
    environ = nothing;
    if (way == 0) execl("/bin/true", "true", NULL);
    if (way == 1) execlp("true", "true", NULL);
    if (way == 2) execle("/bin/true", "true", NULL, nothing);
    if (way == 3) execv("/bin/true", command);
    if (way == 4) execvp("true", command);
    if (way == 5) execvpe("true", command, nothing);
    if (way == 6) execve("/bin/true", command, nothing);
    if (way == 7) fexecve(open("/bin/true", O_RDONLY | O_CLOEXEC), command, nothing);
    if (way == 8) execveat(AT_FDCWD, "/bin/true", command, nothing, 0);
    if (way == 9) _exit(system("true"));
    if (way == 10) _exit(pclose(popen("true", "w")));
    if (way == 11) require(posix_spawn(&child, "/bin/true", NULL, NULL, command, nothing) == 0, "posix_spawn");
    if (way == 12) require(posix_spawnp(&child, "true", NULL, NULL, command, nothing) == 0, "posix_spawnp");
    _exit(waitpid(child, NULL, 0) == child ? 0 : 1);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    close(fd);
    for (int way = 0; way < 13; way++) {
        pid_t child = fork();
        if (child == 0) start(way);
        int status;
        require(waitpid(child, &status, 0) == child && status == 0, "a child");
    }
    require(execve("/nonexistent", command, nothing) == -1, "what was not started after all is not missed");
}
