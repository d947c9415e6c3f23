// Needs: root, for BPF programs: to an ordinary user nothing tells which code made a child
// Intent: children that libc makes for itself share the memory until they exec, also those whose exec fails: its code made each of
// them, and nothing is hidden by them.
// Exit: 0
// Verdict: pass
// Warmup: transfers 1
// Steady: transfers 19
#include "direct.h"
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <wordexp.h>

enum { TOO_LONG = 1 << 18 };  // for an argument (execve(2))

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    wordexp_t words;
    require(wordexp("$(echo one) $(echo two)", &words, 0) == 0 && words.we_wordc == 2, "wordexp");
    wordfree(&words);
    require(system("true") == 0, "system");
    FILE *stream = popen("true", "r");
    require(stream && pclose(stream) == 0, "popen");
    pid_t child;
    int status;
    require(posix_spawn(&child, "/bin/true", NULL, NULL, (char *[]){"true", NULL}, environ) == 0, "posix_spawn");
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
    char *longest = calloc(1, TOO_LONG);
    memset(longest, 'a', TOO_LONG - 1);
    require(posix_spawn(&child, "/bin/true", NULL, NULL, (char *[]){"true", longest, NULL}, environ) == E2BIG, "too long");
    free(longest);
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 20);
    close(fd);
}
