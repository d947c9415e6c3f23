// Intent: starts a static program in every way there is: every one is missed, though only the interposer looks. (Those
// that load it are daemonises.c's, spawns.c's and execs-itself.c's.)
// Options: --allow pageFaultMinor,pageFaultMajor --syscalls off
// Exit: 2
// Verdict: inconclusive
// Reason: 13 programs that the subject started did not load the interposer
// Reason: mapping calls are judged, and no witness of the kernel's side watched them
// Steady: transfers 9
#include "direct.h"
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>

static char *const command[] = {"static-true", NULL};
static char *nothing[] = {NULL};
static char folder[4096], program[8192];

static void start(int way) {
    pid_t child = -1;
    setenv("PATH", folder, 1);
    if (way == 0) execl(program, "static-true", NULL);
    if (way == 1) execlp("static-true", "static-true", NULL);
    if (way == 2) execle(program, "static-true", NULL, nothing);
    if (way == 3) execv(program, command);
    if (way == 4) execvp("static-true", command);
    if (way == 5) execvpe("static-true", command, nothing);
    if (way == 6) execve(program, command, nothing);
    if (way == 7) fexecve(open(program, O_RDONLY | O_CLOEXEC), command, nothing);
    if (way == 8) execveat(AT_FDCWD, program, command, nothing, 0);
    if (way == 9) _exit(system("static-true"));
    if (way == 10) _exit(pclose(popen("static-true", "w")));
    if (way == 11) require(posix_spawn(&child, program, NULL, NULL, command, nothing) == 0, "posix_spawn");
    if (way == 12) require(posix_spawnp(&child, "static-true", NULL, NULL, command, nothing) == 0, "posix_spawnp");
    _exit(waitpid(child, NULL, 0) == child ? 0 : 1);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    strcpy(folder, arguments[0]);
    *strrchr(folder, '/') = 0;
    strcat(strcpy(program, folder), "/static-true");
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
