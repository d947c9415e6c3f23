// Another user's program that asks at every ledger socket that it finds, as often as it can, until it is ended.
#include "../../Fixtures/direct.h"
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

enum { KEPT = 256 };

static char name[100];

// The kernel shows everybody the names of all.
static void find_socket(void) {
    static const char ours[] = "@dioaudit-";
    char line[512], *at;
    FILE *sockets = fopen("/proc/net/unix", "r");
    require(sockets != NULL, "/proc/net/unix");
    name[0] = 0;
    while (fgets(line, sizeof(line), sockets))
        if ((at = strstr(line, ours))) sscanf(at + 1, "%99s", name);
    fclose(sockets);
}

static int connect_to(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path + 1, name, strlen(name));
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name));
    bool is_there = connect(fd, (struct sockaddr *)&address, size) == 0;
    if (is_there && (send(fd, "", 1, 0) == 1 || errno == EAGAIN)) return fd;
    close(fd);
    return -1;
}

int main(void) {
    // Held open for a while: connections that are closed at once are of less trouble.
    int kept[KEPT] = {0};
    for (unsigned i = 0;; i++) {
        if (i % 4096 == 0 || !name[0]) find_socket();
        if (!name[0]) {
            usleep(1000);
            continue;
        }
        if (kept[i % KEPT] > 0) close(kept[i % KEPT]);
        kept[i % KEPT] = connect_to();
        if (kept[i % KEPT] < 0) name[0] = 0;
    }
}
