// Intent: descriptors change by calls that nobody sees: what a number names is asked at each use. Another file's first transfer is
// its warm-up, a copy's is not. The last file is closed unseen, too: that is found out when its number is used next.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Warmup: transfers 3
// Steady: transfers 57
// Teardown: malloc 1/77, free 1
#include "direct.h"
#include "raw.h"
#include <sys/socket.h>
#include <sys/wait.h>

static int known_as_other(void) {
    int fd = open("/dev/zero", O_RDONLY);
    require(read(fd, block, 1) == 1, "read");
    return fd;
}

// Gives a number that is known as another file's to a copy, by the instruction.
static int copied(int fd) {
    int number = known_as_other();
    require(raw(SYS_dup3, fd, number, 0, 0) == number, "dup3");
    return number;
}

// Opens a file of another name, and lets it have a known number.
static int opened(const char *path, const char *suffix) {
    static char name[4096];
    strcat(strcpy(name, path), suffix);
    int fd = (int)raw(SYS_openat, AT_FDCWD, (long)name, O_RDWR | O_CREAT | O_DIRECT, 0600);
    int number = copied(fd);
    require(raw(SYS_close, fd, 0, 0, 0) == 0, "close");
    return number;
}

// From another process.
static int received(int fd) {
    int ends[2];
    require(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) == 0, "socketpair");
    char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(8))) = {0}, byte = 0;
    struct iovec data = {&byte, 1};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    require(sendmsg(ends[0], &message, 0) == 1, "sendmsg");
    int number = known_as_other();
    raw(SYS_close, number, 0, 0, 0);
    require(recvmsg(ends[1], &message, 0) == 1, "recvmsg");
    int got;
    memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(got));
    require(got == number, "the number is used again");
    return got;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int first = open_direct(arguments[1]);
    write_blocks(first, 10);  // 1 and 9
    int flags = fcntl(first, F_GETFL);
    require(raw(SYS_fcntl, first, F_SETFL, flags & ~O_DIRECT, 0) == 0, "fcntl");
    require(pwrite(first, block, 0, 0) == 0, "nothing");
    require(raw(SYS_fcntl, first, F_SETFL, flags, 0) == 0, "fcntl");
    write_blocks(first, 10);  // the same file still

    int second = opened(arguments[1], ".second");
    write_blocks(second, 10);  // 1 and 9
    write_blocks(copied(first), 10);
    write_blocks(received(second), 10);

    int number = copied(opened(arguments[1], ".third"));
    write_blocks(number, 10);  // 1 and 9
    require(raw(SYS_dup3, known_as_other(), number, 0, 0) == number, "dup3");
    for (int i = 0; i < 10; i++) require(read(number, block, BLOCK) == BLOCK, "read");  // no transfer

    for (int fd = 0; fd < 100; fd++) {
        raw(SYS_close, fd, 0, 0, 0);
        require(read(fd, block, BLOCK) < 0, "read");
    }
    free(keep(malloc(77)));
    _exit(0);
}
