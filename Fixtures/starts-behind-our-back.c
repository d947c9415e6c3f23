// Intent: libc's wordexp starts a shell, which is not announced, and a static child never reports: the shell's report does
// not make up for the child's.
// Options: --allow pageFaultMinor,pageFaultMajor --syscalls off
// Exit: 2
// Verdict: inconclusive
// Reason: 1 program that the subject started did not load the interposer
// Reason: mapping calls are judged, and no witness of the kernel's side watched them
// Steady: transfers 9
#include "direct.h"
#include <spawn.h>
#include <sys/wait.h>
#include <wordexp.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    close(fd);
    wordexp_t words;
    require(wordexp("$(true)", &words, 0) == 0, "wordexp");
    pid_t child;
    int status;
    char program[8192], *command[] = {"static-true", NULL};
    strcpy(program, arguments[0]);
    strcpy(strrchr(program, '/'), "/static-true");
    require(posix_spawn(&child, program, NULL, NULL, command, environ) == 0, "posix_spawn");
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
}
