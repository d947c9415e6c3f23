#define _GNU_SOURCE
#include "tracepoints.h"

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST = 24 };
static struct held {
    bool is_program;
    uint64_t tracepoint;
    int descriptor;  // -1: none any more
} held[MOST];
static int count;

// The first held descriptor from a number on; -1: there is none.
static int next_held(int from) {
    int next = -1;
    for (int i = 0; i < count; i++)
        if (held[i].descriptor >= from && (next < 0 || held[i].descriptor < next)) next = held[i].descriptor;
    return next;
}

static void end_in_background(void) {
    if (fork() != 0) return;
    // Closes all other inherited descriptors: a reader at the other end of a pipe must not wait for this process.
    int from = 0;
    for (int kept; (kept = next_held(from)) >= 0; from = kept + 1)
        if (kept > from) syscall(SYS_close_range, from, kept - 1, 0);
    syscall(SYS_close_range, from, ~0u, 0);
    usleep(150 * 1000);
    _exit(0);
}

// Null if there is no room.
static struct held *find(bool is_program, uint64_t tracepoint) {
    for (int i = 0; i < count; i++)
        if (held[i].is_program == is_program && held[i].tracepoint == tracepoint) return &held[i];
    if (count == MOST) return NULL;
    if (count == 0) atexit(end_in_background);
    held[count] = (struct held){is_program, tracepoint, -1};
    return &held[count++];
}

void tracepoints_hold(uint64_t id) {
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attributes), .config = id, .disabled = 1};
    struct held *place = find(false, id);
    if (place && place->descriptor < 0)
        place->descriptor = (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

int tracepoints_attach(const struct bpf_text *text, uint32_t tracepoint, char *log, size_t room) {
    int program = bpf_attach(text, tracepoint, log, room);
    struct held *place = program < 0 ? NULL : find(true, tracepoint);
    if (place && place->descriptor >= 0) close(place->descriptor);
    if (place) place->descriptor = -1;
    return program;
}

void tracepoints_end(uint32_t tracepoint, int program, bool later) {
    struct held *place = later ? find(true, tracepoint) : NULL;
    if (place && place->descriptor < 0) {
        place->descriptor = program;
    } else {
        close(program);
    }
}
