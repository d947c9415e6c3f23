#include "ledger_socket.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "ledger_abi.h"
#include "../base/system.h"
#include "../rules.h"

const char *ledger_variable(void) {
    static const char name[] = DIOAUDIT_LEDGER_ENVIRONMENT "=";
    for (char **entry = environ; *entry; entry++)
        if (strncmp(*entry, name, sizeof(name) - 1) == 0) return *entry + sizeof(name) - 1;
    return NULL;
}

// TRAP: a program that dropped its privileges before exec may not open files below dioaudit's /proc entry. So dioaudit also
// sends the descriptor over a socket. Fixture: drops-privileges-and-execs.c
static long receive_descriptor(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    if (length >= sizeof(address.sun_path)) return -1;
    memcpy(address.sun_path + 1, name, length);
    long connection = SYSTEM(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0) return -1;
    struct timeval patience = {.tv_sec = 5};  // dioaudit may have been stopped, or have ended
    SYSTEM(SYS_setsockopt, connection, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    SYSTEM(SYS_setsockopt, connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    char byte;
    struct iovec data = {&byte, 1};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    int fd = -1;
    if (SYSTEM(SYS_connect, connection, &address, offsetof(struct sockaddr_un, sun_path) + 1 + length) == 0 &&
        SYSTEM(SYS_recvmsg, connection, &message, MSG_CMSG_CLOEXEC) == 1 && message.msg_controllen >= CMSG_LEN(sizeof(int)))
        memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
    SYSTEM(SYS_close, connection);
    return fd;
}

// The variable holds a path and, after a comma, the socket's name.
long ledger_descriptor(const char *variable) {
    char path[64];
    size_t length = strcspn(variable, ",");
    if (length >= sizeof(path)) return -1;
    memcpy(path, variable, length);
    path[length] = 0;
    long fd = SYSTEM(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
    return fd < 0 && variable[length] ? receive_descriptor(variable + length + 1) : fd;
}
