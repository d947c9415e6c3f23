// Intent: a daemon as they are: two forks, a session of its own, no descriptors, another root directory, no privileges, and
// then itself anew with an environment made from nothing. The interposer goes along, and dioaudit waits for it.
// Exit: 1
// Verdict: fail
// Steady: transfers 49, malloc 3/90, free 3
// Violation: malloc 3/90 first 50 in serve < main
// Also: pageFaultMinor, syscallBrk
#include "direct.h"
#include <sys/stat.h>

__attribute__((noinline)) static void serve(const char *path) {
    int fd = open_direct(path);
    lock_memory();
    write_blocks(fd, 50);
    for (int i = 0; i < 3; i++) free(keep(malloc(30)));
    close(fd);
}

static void end_parent(void) {
    pid_t child = fork();
    require(child >= 0, "fork");
    if (child > 0) _exit(0);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    if (count > 2) {
        serve(arguments[1]);
        return 0;
    }
    end_parent();
    require(setsid() > 0, "setsid");
    end_parent();
    for (int fd = 0; fd < 1024; fd++) close(fd);
    require(chdir("/") == 0, "chdir");
    umask(0);
    if (geteuid() == 0) require(chroot("/") == 0, "chroot");
    char *bare[] = {"PATH=/", NULL}, *again[] = {arguments[0], arguments[1], "again", NULL};
    execve("/proc/self/exe", again, bare);
    _exit(97);
}
