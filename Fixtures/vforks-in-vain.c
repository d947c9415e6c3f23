// Needs: root, for BPF programs
// Intent: libc's vfork and posix_spawn fail, since a filter refuses their system calls: they do not stand for a child that the
// instruction itself makes, which faults pages of its parent's in that are given back unseen.
// Made: 1
// Exit: 2
// Verdict: inconclusive
// Reason: made 1 process that share its memory
// Warmup: transfers 1
// Steady: transfers 19
#include "refuses.h"
#include "sharer.h"

#include <spawn.h>

static void fail_to_spawn(void) {
    REFUSE(ENOENT, SYS_clone3);
    pid_t child;
    require(posix_spawn(&child, "/bin/true", NULL, NULL, (char *[]){"true", NULL}, environ) == ENOENT, "posix_spawn");
}

static void fail_to_vfork(void) {
    REFUSE(EAGAIN, SYS_vfork);
    pid_t child = vfork();
    if (child == 0) _exit(0);
    require(child == -1 && errno == EAGAIN, "vfork");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    map_untouched();
    fail_to_spawn();
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    fail_to_vfork();
    touch_and_give_back();
    write_blocks(fd, 10);
    close(fd);
}
