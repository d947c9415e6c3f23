#include "ledger_socket.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "../base/procfile.h"
#include "../base/system.h"
#include "../rules.h"

enum { KEPT_FROM = 1000, KEPT_BELOW = 10000 };  // its number has at most four digits in the variable

static char socket_name[64];
static int kept;

const char *ledger_variable(void) {
    static const char name[] = DIOAUDIT_LEDGER_ENVIRONMENT "=";
    for (char **entry = environ; *entry; entry++)
        if (strncmp(*entry, name, sizeof(name) - 1) == 0) return *entry + sizeof(name) - 1;
    return NULL;
}

// MARK: a socket to ask from

// Another program of the tree may have closed it, and have another file there now.
static bool is_socket_of_ours(int fd) {
    int domain = 0, type = 0;
    socklen_t size = sizeof(int);
    return SYSTEM(SYS_getsockopt, fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX &&
           SYSTEM(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_DGRAM;
}

void ledger_socket_keep(void) {
    if (kept || !socket_name[0]) return;
    long fd = SYSTEM(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    // Out of the way of the descriptors that programs name by number.
    long high = SYSTEM(SYS_fcntl, fd, F_DUPFD, KEPT_FROM);
    if (high >= KEPT_FROM && high < KEPT_BELOW) kept = (int)high;
    else if (high >= 0) SYSTEM(SYS_close, high);
    SYSTEM(SYS_close, fd);
}

int ledger_socket_kept(void) {
    return kept;
}

// MARK: asking

static const struct timeval patience = {.tv_sec = 5};  // dioaudit may have been stopped, or have ended

static long repeated(long number, long socket, struct msghdr *message, long flags) {
    long result;
    do result = SYSTEM(number, socket, message, flags);
    while (result == -EINTR);
    return result;
}

union descriptor_message {
    struct cmsghdr header;
    char room[CMSG_SPACE(sizeof(int))];
};

static bool send_question(long from, struct dioaudit_question *question, int back) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(socket_name);
    memcpy(address.sun_path + 1, socket_name, length);
    union descriptor_message control = {.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
    memcpy(CMSG_DATA(&control.header), &back, sizeof(back));
    struct iovec data = {question, sizeof(*question)};
    struct msghdr message = {.msg_name = &address,
                             .msg_namelen = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length),
                             .msg_iov = &data,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};
    SYSTEM(SYS_setsockopt, from, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    return repeated(SYS_sendmsg, from, &message, MSG_NOSIGNAL) == sizeof(*question);
}

static bool receive_answer(int from, struct dioaudit_answer *answer, int *fd) {
    union descriptor_message control;
    struct iovec data = {answer, sizeof(*answer)};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    SYSTEM(SYS_setsockopt, from, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (repeated(SYS_recvmsg, from, &message, MSG_CMSG_CLOEXEC) != sizeof(*answer)) return false;
    if (message.msg_controllen >= CMSG_LEN(sizeof(int))) memcpy(fd, CMSG_DATA(&control.header), sizeof(*fd));
    return true;
}

static bool ask_from(long from, struct dioaudit_question *question, struct dioaudit_answer *answer, int *fd) {
    int ends[2];
    if (SYSTEM(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return false;
    bool sent = send_question(from, question, ends[1]);
    SYSTEM(SYS_close, ends[1]);  // so that a question that is thrown away ends the wait
    bool answered = sent && receive_answer(ends[0], answer, fd);
    SYSTEM(SYS_close, ends[0]);
    return answered;
}

bool ledger_ask(struct dioaudit_question question, struct dioaudit_answer *answer, int *fd) {
    *fd = -1;
    if (!socket_name[0]) return false;
    bool has_kept = kept && is_socket_of_ours(kept);
    long from = has_kept ? kept : SYSTEM(SYS_socket, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (from < 0) return false;
    bool answered = ask_from(from, &question, answer, fd);
    if (!has_kept) SYSTEM(SYS_close, from);
    return answered;
}

// MARK: the ledger

// In another /proc the path may lead to any file, and to open one may have effects.
static bool leads_to_ledger(const char *path) {
    static const char name[] = "/memfd:dioaudit-ledger";
    char target[sizeof(name)];
    long length = SYSTEM(SYS_readlinkat, AT_FDCWD, path, target, sizeof(target));
    return length == sizeof(target) && memcmp(target, name, sizeof(name) - 1) == 0;
}

// Copies the part up to a comma, and returns what follows it. Empty if there is no room.
static const char *take_part(const char *from, char *to, size_t room) {
    size_t length = strcspn(from, ",");
    memcpy(to, from, length < room ? length : 0);
    to[length < room ? length : 0] = 0;
    return from + length + (from[length] == ',');
}

// TRAP: a program that dropped its privileges before exec may not open files below dioaudit's /proc entry, and one in another pid
// namespace may not have it. So dioaudit also sends the descriptor over a socket. Fixture: drops-privileges-and-execs.c
long ledger_descriptor(const char *variable) {
    char path[64];
    const char *rest = take_part(variable, path, sizeof(path));
    rest = take_part(rest, socket_name, sizeof(socket_name));
    int named = (int)procfile_number(rest);
    kept = named < KEPT_BELOW ? named : 0;
    long fd = leads_to_ledger(path) ? SYSTEM(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC) : -ENOENT;
    if (fd >= 0) return fd;
    struct dioaudit_answer answer;
    int received = -1;
    ledger_ask((struct dioaudit_question){.wants_ledger = 1}, &answer, &received);
    return received;
}
