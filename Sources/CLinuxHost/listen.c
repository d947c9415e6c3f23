#define _GNU_SOURCE
#include "listen.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clinux_trace.h"

enum { PAGE = 4096 };

// MARK: the ring

// How much was produced, then the ring, then its beginning again, where a record may end that begins at the ring's end. The kernel
// offers the whole ring twice, but each page takes time to map.
static uint64_t mapped_bytes(const struct listener *listener) {
    return PAGE + listener->bytes + PAGE;
}

static bool map_ring(struct listener *listener) {
    void *consumed = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, listener->ring, 0);
    if (consumed == MAP_FAILED) return false;
    listener->consumed = consumed;
    void *produced = mmap(NULL, mapped_bytes(listener), PROT_READ, MAP_SHARED, listener->ring, PAGE);
    if (produced == MAP_FAILED) return false;
    listener->produced = produced;
    madvise(produced, mapped_bytes(listener), MADV_DONTFORK);  // a child's fork copies what it does not need
    return true;
}

// The ring is readable whenever it holds a record, but its BPF programs wake the reader only now and then: edge-triggered
// epoll reports just those wake-ups.
static bool open_waker(struct listener *listener) {
    struct epoll_event edges = {.events = EPOLLIN | EPOLLET};
    listener->waker = epoll_create1(EPOLL_CLOEXEC);
    return listener->waker >= 0 && epoll_ctl(listener->waker, EPOLL_CTL_ADD, listener->ring, &edges) == 0;
}

static bool begin_ring(struct listener *listener) {
    listener->ring = bpf_map(BPF_MAP_TYPE_RINGBUF, 0, 0, (uint32_t)listener->bytes, 0);
    if (listener->ring < 0 || !map_ring(listener) || !open_waker(listener)) return false;
    listener->losses = bpf_map(BPF_MAP_TYPE_ARRAY, sizeof(uint32_t), sizeof(uint64_t), 1, 0);
    return listener->losses >= 0;
}

bool listener_begin(struct listener *listener, const struct process_tree *tree, struct dispatcher at[CALL_ENDS], uint64_t bytes) {
    *listener = (struct listener){
        .tree = tree, .at = {&at[0], &at[1]}, .bytes = bytes, .until = UINT64_MAX, .waker = -1, .losses = -1, .ends = -1, .completions.map = -1};
    bool begun = begin_ring(listener);
    int error = errno;
    if (!begun) snprintf(listener->why, sizeof(listener->why), "a ring: %s", strerror(error));
    errno = error;
    return begun;
}

void listener_end(struct listener *listener) {
    if (!listener->tree) return;
    for (int i = 0; i < listener->count; i++) close(listener->attached[i]);
    for (int i = 0; i < WATCHERS; i++)
        for (int end = 0; listener->watchers >> i & 1 && end < CALL_ENDS; end++) dispatcher_forget(listener->at[end], i);
    if (listener->consumed) munmap(listener->consumed, PAGE);
    if (listener->produced) munmap(listener->produced, mapped_bytes(listener));
    completions_end(&listener->completions);
    if (listener->losses >= 0) close(listener->losses);
    if (listener->ends >= 0) close(listener->ends);
    if (listener->cpus > 0) close(listener->cpus);
    if (listener->waker >= 0) close(listener->waker);
    if (listener->ring >= 0) close(listener->ring);
    listener->tree = NULL;
    listener->produced = NULL;
}

static uint64_t produced(const struct listener *listener) {
    return __atomic_load_n((uint64_t *)(void *)listener->produced, __ATOMIC_ACQUIRE);
}

static const unsigned char *record_at(const struct listener *listener, uint64_t at) {
    return listener->produced + PAGE + at % listener->bytes;
}

// The next record's length; 0: there is none. A record that is being written is waited for: its writer is not preempted.
static uint32_t next_length(const struct listener *listener, uint64_t at) {
    if (at >= listener->until || at >= produced(listener)) return 0;
    const uint32_t *header = (const void *)record_at(listener, at);
    for (int looks = 0; looks < 10000; looks++) {
        uint32_t length = __atomic_load_n(header, __ATOMIC_ACQUIRE);
        if (!(length & BPF_RINGBUF_BUSY_BIT)) return length;
        usleep(10);
    }
    return 0;
}

// The wake-up is consumed first, so that none is lost that comes after the mark.
void listener_mark(struct listener *listener) {
    if (!listener->produced) return;
    struct epoll_event ignored;
    epoll_wait(listener->waker, &ignored, 1, 0);
    listener->until = produced(listener);
    completions_mark(&listener->completions);
}

// Gives the room of what was read back to the kernel. Not with each record: the BPF programs read this word, too, and would wait for
// it to come from the reader's CPU.
static void give_back(struct listener *listener) {
    if (*listener->consumed != listener->at_record) __atomic_store_n(listener->consumed, listener->at_record, __ATOMIC_RELEASE);
}

static const struct event_record *next_completed(struct listener *listener) {
    struct completion completion;
    if (!completions_next(&listener->completions, &completion)) return NULL;
    listener->completed = (struct event_record){
        .kind = CL_COMPLETED,
        .nanoseconds = completion.nanoseconds,
        .tid = completion.tid,
        .pid = completion.pid,
        .faults = completion.faults,
        .number = {completion.opcode, (uint64_t)(int64_t)completion.result, 0, completion.file},
    };
    return &listener->completed;
}

const struct event_record *listener_next(struct listener *listener) {
    if (!listener->produced) return NULL;
    const struct event_record *completed = next_completed(listener);
    if (completed) return completed;
    uint64_t at = listener->at_record;
    uint32_t length = next_length(listener, at);
    if (!length) {
        give_back(listener);
        return NULL;
    }
    if (at - *listener->consumed > listener->bytes / 64) give_back(listener);
    listener->at_record = at + BPF_RINGBUF_HDR_SZ + (length + 7) / 8 * 8;
    return (const void *)(record_at(listener, at) + BPF_RINGBUF_HDR_SZ);
}

uint64_t listener_lost(const struct listener *listener) {
    uint64_t lost = 0;
    return listener->tree && bpf_get_value(listener->losses, 0, &lost) == 0 ? lost : 0;
}
