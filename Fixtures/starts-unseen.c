// Intent: starts programs in every way there is, each with the interposer, and at last one without its environment by
// posix_spawn: that one is missed.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: 1 program that the subject started did not load the interposer
// Steady: transfers 9
#include "direct.h"
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>

static char *const command[] = {"true", NULL};

static void become(int way) {
    if (way == 0) execl("/bin/true", "true", NULL);
    if (way == 1) execlp("true", "true", NULL);
    if (way == 2) execle("/bin/true", "true", NULL, environ);
    if (way == 3) execv("/bin/true", command);
    if (way == 4) execvp("true", command);
    if (way == 5) execvpe("true", command, environ);
    if (way == 6) execve("/bin/true", command, environ);
    if (way == 7) fexecve(open("/bin/true", O_RDONLY | O_CLOEXEC), command, environ);
    if (way == 8) execveat(AT_FDCWD, "/bin/true", command, environ, 0);
    execve("/nonexistent", command, environ);
    _exit(1);
}

static void await(pid_t child) {
    int status;
    require(waitpid(child, &status, 0) == child && status == 0, "a child");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    close(fd);
    for (int way = 0; way < 9; way++) {
        pid_t child = fork();
        if (child == 0) become(way);
        await(child);
    }
    require(system("true") == 0, "system");
    require(pclose(popen("true", "w")) == 0, "popen");
    pid_t child;
    require(posix_spawn(&child, "/bin/true", NULL, NULL, command, environ) == 0, "posix_spawn");
    await(child);
    require(posix_spawnp(&child, "true", NULL, NULL, command, environ) == 0, "posix_spawnp");
    await(child);
    require(posix_spawn(&child, "/bin/true", NULL, NULL, command, (char *[]){NULL}) == 0, "posix_spawn");
    await(child);
}
