// Intent: libc closes descriptors by internal names, of a folder, a stream, a pipe and a message queue, whose numbers are known as
// no O_DIRECT file's. O_DIRECT files that nobody sees being opened have these numbers next: one transfer on each is its warm-up.
// Then freopen closes the last O_DIRECT file.
// Options: --allow all
// Exit: 0
// Verdict: pass
// Warmup: transfers 6
// Steady: transfers 54, malloc 5, realloc 1, free 5
// Teardown: malloc 1/77, free 1
// Also: syscallMmap, syscallMunmap, syscallBrk
#include "direct.h"
#include <dirent.h>
#include <linux/openat2.h>
#include <mntent.h>
#include <mqueue.h>
#include <stdio.h>
#include <sys/syscall.h>

static int opened_unseen(const char *path) {
    struct open_how how = {.flags = O_RDWR | O_DIRECT};
    return (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
}

// Of a name of its own: another run would take the name away.
static int queue(void) {
    struct mq_attr small = {.mq_maxmsg = 1, .mq_msgsize = 8};
    char name[64];
    require(snprintf(name, sizeof(name), "/dioaudit-closes-inside-libc-%d", getpid()) > 0, "a name");
    int fd = mq_open(name, O_RDWR | O_CREAT, 0600, &small);
    require(fd >= 0 && mq_unlink(name) == 0, "mq_open");
    return fd;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int first = open_direct(arguments[1]);
    write_blocks(first, 10);
    for (int way = 0; way < 5; way++) {
        DIR *folder = way == 0 ? opendir("/") : NULL;
        FILE *stream = way == 1 ? popen("true", "r") : way == 2 ? fopen("/dev/null", "r") : NULL;
        if (way == 3) stream = setmntent("/dev/null", "r");
        int known = folder ? dirfd(folder) : stream ? fileno(stream) : queue();
        require(read(known, block, 0) <= 0, "now it is known");
        if (way == 0) closedir(folder);
        if (way == 1) pclose(stream);
        if (way == 2) fclose(stream);
        if (way == 3) endmntent(stream);
        if (way == 4) mq_close(known);
        int fd = opened_unseen(arguments[1]);
        require(fd == known, "the number is used again");
        write_blocks(fd, 10);
        require(close(fd) == 0, "close");
    }
    FILE *last = fdopen(dup(first), "r+");
    close(first);
    last = freopen("/dev/null", "r", last);
    require(last != NULL, "freopen");
    free(keep(malloc(77)));
}
