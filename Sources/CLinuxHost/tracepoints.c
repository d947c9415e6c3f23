#define _GNU_SOURCE
#include "tracepoints.h"

#include <linux/perf_event.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

// Ending a tracepoint's last event makes the kernel wait for every CPU (tracepoint_synchronize_unregister), tens of
// milliseconds in which no other can begin. So one event of each stays open, and a process of its own ends it after dioaudit:
// a little later, for the sake of runs that follow each other in a loop.
enum { MOST = 16 };
static uint64_t held[MOST];
static int events[MOST];
static int count;

static void end_in_background(void) {
    if (fork() != 0) return;
    // Nobody who waits for the end of what we have inherited shall wait for it.
    for (int i = 0; i < count; i++) events[i] = dup2(events[i], i);
    syscall(SYS_close_range, count, ~0u, 0);
    usleep(150 * 1000);
    _exit(0);
}

void tracepoints_hold(uint64_t id) {
    for (int i = 0; i < count; i++)
        if (held[i] == id) return;
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attributes), .config = id, .disabled = 1};
    int event = count < MOST ? (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, PERF_FLAG_FD_CLOEXEC) : -1;
    if (event < 0) return;
    held[count] = id;
    events[count++] = event;
    if (count == 1) atexit(end_in_background);
}
