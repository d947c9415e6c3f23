#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "clinux_confined.h"
#include "descriptors.h"

struct header {
    uint32_t length;
    uint32_t has_descriptor;
};

// Until the socket can be read or written. Each byte may come late: so each is waited for against the same deadline.
static int wait_for(int socket, short events, uint64_t deadline) {
    struct pollfd wanted = {.fd = socket, .events = events};
    for (;;) {
        struct timespec now, rest, *limit = NULL;
        if (deadline != UINT64_MAX) {
            clock_gettime(CLOCK_MONOTONIC, &now);
            uint64_t passed = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
            uint64_t left = deadline > passed ? deadline - passed : 0;
            rest = (struct timespec){.tv_sec = (time_t)(left / 1000000000), .tv_nsec = (long)(left % 1000000000)};
            limit = &rest;
        }
        int ready = ppoll(&wanted, 1, limit, NULL);
        if (ready > 0) return 0;
        if (ready == 0) return -ETIMEDOUT;
        if (errno != EINTR) return -errno;
    }
}

static int send_all(int socket, const void *bytes, size_t length, uint64_t deadline) {
    const char *next = bytes;
    while (length > 0) {
        int waited = wait_for(socket, POLLOUT, deadline);
        if (waited < 0) return waited;
        ssize_t sent = send(socket, next, length, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EINTR && errno != EAGAIN) return errno == ECONNRESET ? -EPIPE : -errno;
        if (sent < 0) continue;
        next += sent;
        length -= (size_t)sent;
    }
    return 0;
}

static int receive_all(int socket, void *bytes, size_t length, uint64_t deadline) {
    char *next = bytes;
    while (length > 0) {
        int waited = wait_for(socket, POLLIN, deadline);
        if (waited < 0) return waited;
        ssize_t received = recv(socket, next, length, MSG_DONTWAIT);
        if (received == 0) return -EPIPE;
        if (received < 0 && errno != EINTR && errno != EAGAIN) return errno == ECONNRESET ? -EPIPE : -errno;
        if (received < 0) continue;
        next += received;
        length -= (size_t)received;
    }
    return 0;
}

int cl_send_message(int socket, const void *bytes, uint32_t length, int descriptor, uint64_t deadline) {
    struct header header = {length, descriptor >= 0};
    int sent = send_all(socket, &header, sizeof(header), deadline);
    if (sent < 0) return sent;
    if (descriptor >= 0 && !send_descriptor(socket, descriptor)) return errno == ECONNRESET ? -EPIPE : -errno;
    return send_all(socket, bytes, length, deadline);
}

int cl_receive_message(int socket, uint32_t most, uint64_t deadline, struct cl_message *message) {
    struct header header;
    *message = (struct cl_message){.descriptor = -1};
    int received = receive_all(socket, &header, sizeof(header), deadline);
    if (received < 0) return received;
    if (header.length > most) return -EMSGSIZE;
    if (header.has_descriptor) {
        received = wait_for(socket, POLLIN, deadline);
        if (received < 0) return received;
        message->descriptor = receive_descriptor(socket);
    }
    message->bytes = malloc(header.length ? header.length : 1);
    received = message->bytes ? receive_all(socket, message->bytes, header.length, deadline) : -ENOMEM;
    if (received == 0) {
        message->length = header.length;
        return 0;
    }
    free(message->bytes);
    if (message->descriptor >= 0) close(message->descriptor);
    *message = (struct cl_message){.descriptor = -1};
    return received;
}
