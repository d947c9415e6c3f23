// Needs: root, for BPF programs
// Intent: a child of vfork, made by the instruction itself, faults pages of its parent's in, which are given back unseen: only the
// kernel tells of it. Children that libc makes so, and that do not come to be, are none of these.
// Made: 1
// Exit: 2
// Verdict: inconclusive
// Reason: made 1 process that share its memory
// Warmup: transfers 1
// Steady: transfers 19
#include "sharer.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>

static void start_by_libc(void) {
    pid_t child = vfork();
    if (child == 0) _exit(0);
    wait_for(child);
    require(posix_spawn(&child, "/bin/true", NULL, NULL, (char *[]){"true", NULL}, environ) == 0, "posix_spawn");
    wait_for(child);
    require(posix_spawn(&child, "/nowhere", NULL, NULL, (char *[]){"nowhere", NULL}, environ) == ENOENT, "posix_spawn");
    require(system("exit 0") == 0 && system(NULL) != 0, "system");
    FILE *stream = popen("exit 0", "r");
    require(stream && pclose(stream) == 0, "popen");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    map_untouched();
    start_by_libc();
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    touch_and_give_back();
    write_blocks(fd, 10);
    close(fd);
}
