// Intent: a command like mdadm, which transfers, allocates and ends without a lock, and the daemon that it starts. With --process
// only the daemon is judged.
// Options: --process no-allocation-*
// Exit: 0
// Verdict: pass
// Warmup: transfers 1
// Steady: transfers 99
// Settled: 1
#include "direct.h"
#include <stdio.h>
#include <sys/wait.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    for (int i = 0; i < 4; i++) {
        write_block(fd, i);
        free(keep(malloc(100)));
    }
    pid_t daemon = fork();
    if (daemon == 0) {
        char path[4096];
        int directory = (int)(strrchr(arguments[0], '/') + 1 - arguments[0]);
        snprintf(path, sizeof(path), "%.*sno-allocation-clean", directory, arguments[0]);
        execl(path, path, arguments[1], NULL);
        _exit(1);
    }
    int status;
    require(waitpid(daemon, &status, 0) == daemon && status == 0, "the daemon");
    close(fd);
}
