// Intent: an allowed region runs another program by fork and exec, as log rotation does. The child is in the region until it
// becomes that program, and the parent's later page faults are not those of the interposer's own pages. Nobody has read the
// region's name before, and it is not the program that reads it.
// Exit: 0
// Verdict: pass
// Steady: transfers 19, free >=0
// Region: allowed 'log rotation' entered 1 nothing
#include "direct.h"
#include <dioaudit.h>
#include <stdint.h>
#include <sys/wait.h>

static const char name[BLOCK] __attribute__((aligned(BLOCK))) = "log rotation";

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    require(madvise((void *)(uintptr_t)name, BLOCK, MADV_DONTNEED) == 0, "madvise");
    write_blocks(fd, 10);
    dioaudit_allow_begin(name);
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/true", "true", NULL);
        _exit(1);
    }
    int status;
    require(child > 0 && waitpid(child, &status, 0) == child && status == 0, "the child");
    dioaudit_allow_end(name);
    write_blocks(fd, 10);
    close(fd);
}
