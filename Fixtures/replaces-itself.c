// Intent: replaces its own file by a copy before it ends: the file at that path is not the one that was loaded.
// Options: --allow faults
// Exit: 2
// Verdict: inconclusive
// Reason: was replaced, changed or linked to (perf record does) while it was loaded
// Warmup: transfers 1
// Steady: transfers 19
#include "direct.h"
#include <stdio.h>

// A copy of its own, so that the next run finds the file as it was made.
static void copy(const char *from, const char *to) {
    static char bytes[65536];
    int source = open(from, O_RDONLY), target = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0755);
    require(source >= 0 && target >= 0, "a copy");
    for (ssize_t length; (length = read(source, bytes, sizeof(bytes))) > 0;)
        require(write(target, bytes, (size_t)length) == length, "a copy");
    close(source);
    close(target);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 20);
    close(fd);
    // Another run of it may do the same meanwhile: each has its own copy, and /proc/self/exe may be a file that is gone.
    char twin[4096];
    require(snprintf(twin, sizeof(twin), "%s.%d", arguments[0], getpid()) < (int)sizeof(twin), "a name");
    copy(arguments[0], twin);
    require(rename(twin, arguments[0]) == 0, "rename");
}
