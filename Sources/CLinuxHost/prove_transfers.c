// Acts of this process on an O_DIRECT file, none of which moves data.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clinux_trace.h"
#include "movers.h"
#include "prove.h"

enum { MOVES = 1, MOVED = 2, SUBMITS = 4, COMPLETED = 8, SILENT = 16, OVERFLOW = 32, CLOSES = 64, REQUESTS = COMPLETED | SILENT | OVERFLOW };
const char *const prove_transfers_names[] = {
    "raw_syscalls:sys_enter of transfers", "raw_syscalls:sys_exit of transfers", "raw_syscalls:sys_enter of io_submit",
    "io_uring:io_uring_complete", "io_uring:io_uring_submit_req", "io_uring:io_uring_cqe_overflow", "raw_syscalls:sys_enter of close"};

// Our own executable; a file in memory if its file system has no O_DIRECT (tmpfs has it since Linux 6.6).
static int open_direct(void) {
    int file = open("/proc/self/exe", O_RDONLY | O_DIRECT | O_CLOEXEC);
    if (file >= 0) return file;
    file = memfd_create("dioaudit", MFD_CLOEXEC);
    if (file >= 0 && fcntl(file, F_SETFL, O_DIRECT) == 0) return file;
    if (file >= 0) close(file);
    return -1;
}

// The kernel reads the iocb before it finds that there is no such context (EINVAL).
static void submit_to_no_context(int file) {
    struct iocb iocb = {.aio_lio_opcode = IOCB_CMD_PREAD, .aio_fildes = (uint32_t)file}, *iocbs[] = {&iocb};
    syscall(SYS_io_submit, 0, 1L, iocbs);
}

struct ring_maps {
    char *entries;  // both queues
    struct io_uring_sqe *requests;
    size_t bytes;
};

static bool map_ring(int ring, const struct io_uring_params *made, struct ring_maps *maps) {
    size_t submission = made->sq_off.array + made->sq_entries * sizeof(uint32_t);
    size_t completion = made->cq_off.cqes + made->cq_entries * sizeof(struct io_uring_cqe);
    maps->bytes = submission > completion ? submission : completion;
    maps->entries = mmap(NULL, maps->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
    if (maps->entries == MAP_FAILED) return false;
    maps->requests = mmap(NULL, made->sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring,
                          IORING_OFF_SQES);
    if (maps->requests != MAP_FAILED) return true;
    munmap(maps->entries, maps->bytes);
    return false;
}

// The kernel completes it at once.
static void read_nothing(int file, int ring, const struct io_uring_params *made, const struct ring_maps *maps, uint8_t flags) {
    uint32_t *tail = (void *)(maps->entries + made->sq_off.tail);
    maps->requests[0] = (struct io_uring_sqe){.opcode = IORING_OP_READ, .fd = file, .flags = flags};
    ((uint32_t *)(void *)(maps->entries + made->sq_off.array))[0] = 0;
    __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
    syscall(SYS_io_uring_enter, ring, 1, 0, IORING_ENTER_GETEVENTS, NULL, 0);
}

// Reads nothing: once without a completion, and once more often than the ring has room for completions, which is two for its
// one request. False if there is no io_uring for anybody, so that there is nothing to see.
static bool complete_requests(int file) {
    enum { IS_SILENT = 1 << 6 };  // IOSQE_CQE_SKIP_SUCCESS
    struct io_uring_params made = {0};
    struct ring_maps maps;
    int ring = (int)syscall(SYS_io_uring_setup, 1, &made);
    if (ring < 0) return errno != ENOSYS && errno != EPERM;
    if (map_ring(ring, &made, &maps)) {
        read_nothing(file, ring, &made, &maps, IS_SILENT);
        for (uint32_t i = 0; i <= made.cq_entries; i++) read_nothing(file, ring, &made, &maps, 0);
        munmap(maps.entries, maps.bytes);
        munmap(maps.requests, made.sq_entries * sizeof(struct io_uring_sqe));
    }
    close(ring);
    return true;
}

// MARK: pages

enum { TOUCHED = 16, PAGE = 4096 };

// The pages that were reported of this process: as many anonymous ones as the last time, and how often that grew by one.
static struct {
    uint64_t last;
    unsigned grown;
} reported;

static void touch_pages(void) {
    volatile char *pages = mmap(NULL, TOUCHED * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED) return;
    madvise((void *)pages, TOUCHED * PAGE, MADV_NOHUGEPAGE);
    for (int i = 0; i < TOUCHED; i++) pages[i * PAGE] = 1;
    munmap((void *)pages, TOUCHED * PAGE);
}

static void note_pages(const struct event_record *event) {
    if (event->number[3] != (uint64_t)getpid() || event->number[4] & 1) return;
    reported.grown += event->number[1] == reported.last + 1 && event->faults;
    reported.last = event->number[1];
}

void prove_transfers_pages(struct listener *listener) {
    if (listener->why_no_pages[0] || reported.grown >= TOUCHED) return;
    snprintf(listener->why_no_pages, sizeof(listener->why_no_pages), "kmem:rss_stat: its BPF program did not report what dioaudit did");
}

unsigned prove_transfers_act(int *file) {
    *file = open_direct();
    if (*file < 0) return 0;
    char nothing[1];
    if (pread(*file, nothing, 0, 0) < 0) return 0;
    reported.grown = 0;
    touch_pages();
    submit_to_no_context(*file);
    unsigned needed = MOVES | MOVED | SUBMITS | CLOSES | (complete_requests(*file) ? REQUESTS : 0);
    close(*file);
    return needed;
}

static unsigned proof_of_request(const uint64_t *number) {
    if (number[1] == 0) return number[0] == IORING_OP_READ && number[3] ? COMPLETED : 0;
    return number[0] == IORING_OP_READ ? SILENT : number[0] == MOVERS_UNKNOWN_REQUEST ? OVERFLOW : 0;
}

unsigned prove_transfers_proof(const struct event_record *event) {
    const uint64_t *number = event->number;
    if (event->tid != gettid() || event->pid != getpid() || event->in_interrupt) return 0;
    switch (event->kind) {
        case CL_MOVES: return number[0] == SYS_pread64 && number[1] == 1 && number[3] ? MOVES : 0;
        case CL_MOVED: return number[0] == SYS_pread64 && number[1] == 0 ? MOVED : 0;
        case CL_SUBMITS: return number[0] == SYS_io_submit && number[1] == 1 && number[2] == 1 && number[3] && number[4] == 1 ? SUBMITS : 0;
        case CL_COMPLETED: return proof_of_request(number);
        case CL_PAGES: note_pages(event); return 0;
        case CL_CLOSES: return number[0] == SYS_close && number[3] ? CLOSES : 0;
        default: return 0;
    }
}
