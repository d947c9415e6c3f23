// Intent: a child in a pid namespace of its own transfers: it is 1 for itself and the interposer, another for the kernel, so
// that what the kernel allocates for it is not known to be its.
// Needs: root, to make the namespace
// Options: --allow all --kernel-limit kmalloc=0
// Exit: 2
// Verdict: inconclusive
// Reason: has another number for the kernel
// Reason: by own-pid-namespace (pid
// Reason: of own-pid-namespace (pid 1), of which the kernel saw 0
#include "direct.h"
#include <sched.h>
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    require(unshare(CLONE_NEWPID) == 0, "unshare");
    pid_t child = fork();
    if (child == 0) {
        int fd = open_direct(arguments[1]);
        write_blocks(fd, 20);
        close(fd);
        return 0;
    }
    int status = 1;
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
}
