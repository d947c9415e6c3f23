// Counts what the kernel allocates while one thread makes O_DIRECT transfers, by counters of its own: an answer to hold
// dioaudit's against. It shares no code with dioaudit, so that a mistake of the one is not a mistake of both.
//
//   count-kernel ENGINE read|write BLOCKBYTES FILE WARMUP TRANSFERS [--mark] [--irq] [--workers N]
//
// ENGINE is one of
//   psync           pread and pwrite
//   pvsync2         preadv2 and pwritev2, the block in up to 16 segments, none of which is less than 4096 bytes
//   libaio          eight iocbs are submitted, eight waited for, and so on
//   io_uring        the same with eight sqes
//   io_uring-fixed  the same with registered buffers and a registered file
//   io_uring-async  the same with IOSQE_ASYNC, so that the threads of io-wq do the work
// FILE is a block device, whose first 8 MiB are used as they are, or a regular file, which is made anew with 8 MiB.
// The transfers go through these 8 MiB in order, and again from the start.
//
// --mark  says by dioaudit.h, the only thing that it has of dioaudit, when the counted part starts and when it is over.
// --irq   also samples, to count how many of the allocations were made by an interrupt that came while the thread ran.
//         They are the thread's by the kernel's way of counting, but none of its doing.
// --workers N  lets io-wq have no more than N threads. Without it, some may be made while it is counted: each costs the
//         kernel about 15 allocations, of which two for each event that the thread inherits.
//
// The counters are of the calling thread; for the engines of io_uring also of the threads it makes, which are io-wq's.
// What kernel threads do for it (kworkers: write-back, btrfs' and the loop device's own) is not in them.
// Nor is what has no event: kmem_cache_alloc_bulk, alloc_pages_bulk, per-cpu memory.
//
// Exit: 0 and a line of JSON, or 2 and words when it cannot be counted.
//
// clang -std=gnu11 -O1 -g -Wall -Wextra -Werror -pthread count-kernel.c -o count-kernel -luring -laio

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <libaio.h>
#include <dioaudit.h>
#include <liburing.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>


enum { DEPTH = 8, MOST_SEGMENTS = 16, PAGE = 4096, EVENTS = 5, RING_PAGES = 1024 };
#define EXTENT (8L << 20)

static const char *const event_paths[EVENTS] = {
    "events/kmem/kmalloc/id",
    "events/kmem/kmem_cache_alloc/id",
    "events/kmem/mm_page_alloc/id",
    "events/exceptions/page_fault_user/id",
    "events/exceptions/page_fault_kernel/id",
};
static const char *const event_names[EVENTS] = {
    "kmalloc", "kmem_cache_alloc", "mm_page_alloc", "page_fault_user", "page_fault_kernel",
};
static uint64_t event_ids[EVENTS];

static void __attribute__((noreturn, format(printf, 1, 2))) cannot(const char *format, ...) {
    va_list values;
    va_start(values, format);
    fputs("count-kernel: ", stderr);
    vfprintf(stderr, format, values);
    fputc('\n', stderr);
    va_end(values);
    exit(2);
}

// MARK: - The events

/// tracefs where it is mounted, else a mount of our own that no path leads to and that goes with its descriptor.
static int tracefs(void) {
    static const char *const known[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        int fd = open(known[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) continue;
        if (faccessat(fd, event_paths[0], R_OK, 0) == 0) return fd;
        close(fd);
    }
    int context = fsopen("tracefs", FSOPEN_CLOEXEC);
    if (context < 0) cannot("tracefs is not mounted, and fsopen: %s", strerror(errno));
    if (fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0) cannot("fsconfig of tracefs: %s", strerror(errno));
    int fd = fsmount(context, FSMOUNT_CLOEXEC, 0);
    if (fd < 0) cannot("fsmount of tracefs: %s", strerror(errno));
    close(context);
    return fd;
}

static void find_events(void) {
    int directory = tracefs();
    for (int i = 0; i < EVENTS; i++) {
        char text[32] = "";
        int fd = openat(directory, event_paths[i], O_RDONLY | O_CLOEXEC);
        if (fd < 0 || read(fd, text, sizeof text - 1) <= 0) cannot("%s: %s", event_paths[i], strerror(errno));
        close(fd);
        event_ids[i] = strtoull(text, NULL, 10);
        if (event_ids[i] == 0) cannot("%s: no number", event_paths[i]);
    }
    close(directory);
}

static int open_event(int event, int cpu, int leader, bool inherit, bool sampling) {
    struct perf_event_attr attributes = {
        .type = PERF_TYPE_TRACEPOINT,
        .size = sizeof attributes,
        .config = event_ids[event],
        .disabled = leader == -1,  // the others of the group run when their leader does
        .inherit = inherit,
        .read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
    };
    if (sampling) {
        attributes.sample_period = 1;
        attributes.sample_type = PERF_SAMPLE_RAW;
        attributes.watermark = 1;  // no thread waits for the samples, so none has to be woken
        attributes.wakeup_watermark = UINT32_MAX;
    }
    int fd = (int)syscall(SYS_perf_event_open, &attributes, 0, cpu, leader, PERF_FLAG_FD_CLOEXEC);
    if (fd < 0) cannot("perf_event_open of %s: %s", event_names[event], strerror(errno));
    return fd;
}

static int counters[EVENTS];

static void open_counters(bool inherit) {
    for (int i = 0; i < EVENTS; i++) counters[i] = open_event(i, -1, i == 0 ? -1 : counters[0], inherit, false);
}

/// One group, so one call: no event counts what enables another.
static void set_counters(unsigned long request) {
    if (ioctl(counters[0], request, 0) != 0) cannot("ioctl of the counters: %s", strerror(errno));
}

/// A read sums the event's own count, those of the threads that inherited it, and those of such threads that ended.
static void read_counters(uint64_t counts[EVENTS]) {
    for (int i = 0; i < EVENTS; i++) {
        uint64_t values[3];  // count, time enabled, time running
        if (read(counters[i], values, sizeof values) != sizeof values) cannot("read of a counter: %s", strerror(errno));
        if (values[1] == 0 || values[1] != values[2]) cannot("%s did not count all the time", event_names[i]);
        counts[i] = values[0];
    }
}

/// Zeroes of counters that are blind are worth nothing: an open allocates its struct file, surely.
static void check_counters(void) {
    uint64_t counts[EVENTS];
    set_counters(PERF_EVENT_IOC_ENABLE);
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    set_counters(PERF_EVENT_IOC_DISABLE);
    close(fd);
    read_counters(counts);
    if (counts[1] == 0) cannot("the counters do not see what an open allocates");
}

// MARK: - The samples of --irq

enum { HARD_INTERRUPT = 0x08, SOFT_INTERRUPT = 0x10 };

struct ring {
    struct perf_event_mmap_page *page;
    const unsigned char *data;
    int fds[EVENTS];
};
static struct ring *rings;
static int ring_count;
static uint64_t sampled[EVENTS], interrupts[EVENTS];

/// A ring for each CPU, as an event that is inherited and of no certain CPU can have none.
static void open_rings(bool inherit) {
    ring_count = (int)sysconf(_SC_NPROCESSORS_CONF);
    rings = calloc((size_t)ring_count, sizeof *rings);
    if (rings == NULL) cannot("calloc");
    for (int cpu = 0; cpu < ring_count; cpu++) {
        struct ring *ring = &rings[cpu];
        for (int i = 0; i < EVENTS; i++) {
            ring->fds[i] = open_event(i, cpu, i == 0 ? -1 : ring->fds[0], inherit, true);
            if (i == 0) {
                ring->page =
                    mmap(NULL, (RING_PAGES + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fds[0], 0);
                if (ring->page == MAP_FAILED) cannot("mmap of a ring: %s", strerror(errno));
                ring->data = (const unsigned char *)ring->page + ring->page->data_offset;
            } else if (ioctl(ring->fds[i], PERF_EVENT_IOC_SET_OUTPUT, ring->fds[0]) != 0) {
                cannot("PERF_EVENT_IOC_SET_OUTPUT: %s", strerror(errno));
            }
        }
    }
}

static void set_rings(unsigned long request) {
    for (int cpu = 0; cpu < ring_count; cpu++)
        if (ioctl(rings[cpu].fds[0], request, 0) != 0) cannot("ioctl of the samples: %s", strerror(errno));
}

static void copy_out(const struct ring *ring, uint64_t at, void *to, size_t size) {
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)to)[i] = ring->data[(at + i) % ring->page->data_size];
}

static void drain_rings(void) {
    for (int cpu = 0; cpu < ring_count; cpu++) {
        struct ring *ring = &rings[cpu];
        uint64_t head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE), tail = ring->page->data_tail;
        while (tail < head) {
            struct perf_event_header header;
            copy_out(ring, tail, &header, sizeof header);
            if (header.type == PERF_RECORD_LOST) cannot("samples were lost");
            if (header.type == PERF_RECORD_SAMPLE) {
                struct {
                    uint32_t size;
                    uint16_t type;  // common_type
                    uint8_t flags;  // common_flags
                    uint8_t preemptions;
                } raw;
                copy_out(ring, tail + sizeof header, &raw, sizeof raw);
                for (int i = 0; i < EVENTS; i++) {
                    if (event_ids[i] != raw.type) continue;
                    sampled[i]++;
                    if (raw.flags & (HARD_INTERRUPT | SOFT_INTERRUPT)) interrupts[i]++;
                }
            }
            tail += header.size;
        }
        __atomic_store_n(&ring->page->data_tail, tail, __ATOMIC_RELEASE);
    }
}

// MARK: - The transfers

static enum { PSYNC, PVSYNC2, LIBAIO, URING, URING_FIXED, URING_ASYNC } engine;
static bool writes;
static size_t block;
static int file;
static unsigned char *buffers[DEPTH];
static off_t next_offset;
static struct iovec segments[MOST_SEGMENTS];
static int segment_count;
static io_context_t aio;
static struct iocb iocbs[DEPTH], *iocb_pointers[DEPTH];
static struct io_uring uring;
static unsigned most_workers;  // 0: as many as the kernel likes

static off_t advance(void) {
    off_t offset = next_offset;
    next_offset += (off_t)block;
    if (next_offset + (off_t)block > EXTENT) next_offset = 0;
    return offset;
}

static void check_transfer(long result) {
    if (result < 0) cannot("a transfer: %s", strerror((int)-result));
    if ((size_t)result != block) cannot("a transfer was short: %ld of %zu bytes", result, block);
}

static void check_call(const char *name, long result, long wanted) {
    if (result < 0) cannot("%s: %s", name, strerror((int)-result));
    if (result != wanted) cannot("%s: %ld rather than %ld", name, result, wanted);
}

static void transfer_libaio(int count) {
    struct io_event done[DEPTH];
    for (int i = 0; i < count; i++) {
        if (writes) io_prep_pwrite(&iocbs[i], file, buffers[i], block, advance());
        else io_prep_pread(&iocbs[i], file, buffers[i], block, advance());
    }
    check_call("io_submit", io_submit(aio, count, iocb_pointers), count);
    check_call("io_getevents", io_getevents(aio, count, count, done, NULL), count);
    for (int i = 0; i < count; i++) check_transfer((long)done[i].res);
}

static void transfer_uring(int count) {
    for (int i = 0; i < count; i++) {
        struct io_uring_sqe *sqe = io_uring_get_sqe(&uring);
        if (sqe == NULL) cannot("io_uring_get_sqe");
        off_t offset = advance();
        if (engine == URING_FIXED) {
            if (writes) io_uring_prep_write_fixed(sqe, 0, buffers[i], (unsigned)block, (uint64_t)offset, i);
            else io_uring_prep_read_fixed(sqe, 0, buffers[i], (unsigned)block, (uint64_t)offset, i);
            sqe->flags |= IOSQE_FIXED_FILE;
        } else {
            if (writes) io_uring_prep_write(sqe, file, buffers[i], (unsigned)block, (uint64_t)offset);
            else io_uring_prep_read(sqe, file, buffers[i], (unsigned)block, (uint64_t)offset);
            if (engine == URING_ASYNC) sqe->flags |= IOSQE_ASYNC;
        }
    }
    check_call("io_uring_submit_and_wait", io_uring_submit_and_wait(&uring, (unsigned)count), count);
    for (int i = 0; i < count; i++) {
        struct io_uring_cqe *cqe;
        check_call("io_uring_wait_cqe", io_uring_wait_cqe(&uring, &cqe), 0);
        check_transfer(cqe->res);
        io_uring_cqe_seen(&uring, cqe);
    }
}

static void transfer_one(void) {
    off_t offset = advance();
    ssize_t result;
    if (engine == PSYNC)
        result = writes ? pwrite(file, buffers[0], block, offset) : pread(file, buffers[0], block, offset);
    else
        result = writes ? pwritev2(file, segments, segment_count, offset, 0)
                        : preadv2(file, segments, segment_count, offset, 0);
    check_transfer(result < 0 ? -errno : result);
}

static void transfer(long count, bool samples) {
    while (count > 0) {
        int batch = count < DEPTH ? (int)count : DEPTH;
        if (engine == PSYNC || engine == PVSYNC2)
            for (int i = 0; i < batch; i++) transfer_one();
        else if (engine == LIBAIO) transfer_libaio(batch);
        else transfer_uring(batch);
        count -= batch;
        if (samples) drain_rings();
    }
}

static void set_up_engine(void) {
    if (engine == PVSYNC2) {
        segment_count = block / PAGE > MOST_SEGMENTS ? MOST_SEGMENTS : block < PAGE ? 1 : (int)(block / PAGE);
        size_t each = block / (size_t)segment_count / PAGE * PAGE;
        for (int i = 0; i < segment_count; i++) {
            bool last = i == segment_count - 1;
            segments[i].iov_base = buffers[0] + (size_t)i * each;
            segments[i].iov_len = last ? block - (size_t)i * each : each;
        }
    } else if (engine == LIBAIO) {
        for (int i = 0; i < DEPTH; i++) iocb_pointers[i] = &iocbs[i];
        check_call("io_setup", io_setup(DEPTH, &aio), 0);
    } else if (engine >= URING) {
        check_call("io_uring_queue_init", io_uring_queue_init(DEPTH, &uring, 0), 0);
        unsigned limits[2] = {most_workers, most_workers};  // for work that ends by itself, and for other work
        if (most_workers != 0)
            check_call("io_uring_register_iowq_max_workers", io_uring_register_iowq_max_workers(&uring, limits), 0);
        if (engine != URING_FIXED) return;
        struct iovec all[DEPTH];
        for (int i = 0; i < DEPTH; i++) all[i] = (struct iovec){buffers[i], block};
        check_call("io_uring_register_buffers", io_uring_register_buffers(&uring, all, DEPTH), 0);
        check_call("io_uring_register_files", io_uring_register_files(&uring, &file, 1), 0);
    }
}

// MARK: - The file

static void open_file(const char *path) {
    struct stat status;
    int access = writes ? O_WRONLY : O_RDONLY;
    bool device = stat(path, &status) == 0 && S_ISBLK(status.st_mode);
    if (!device) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_DIRECT | O_CLOEXEC, 0600);
        if (fd < 0 && errno == EINVAL) cannot("%s: its file system has no O_DIRECT", path);
        if (fd < 0) cannot("%s: %s", path, strerror(errno));
        int error = posix_fallocate(fd, 0, EXTENT);
        if (error != 0) cannot("posix_fallocate of %s: %s", path, strerror(error));
        for (off_t offset = 0; offset < EXTENT; offset += PAGE * 16) {
            static unsigned char zeroes[PAGE * 16] __attribute__((aligned(PAGE)));
            ssize_t result = pwrite(fd, zeroes, sizeof zeroes, offset);
            if (result < 0) cannot("pwrite to %s: %s", path, strerror(errno));
            if (result != sizeof zeroes) cannot("pwrite to %s was short", path);
        }
        if (fsync(fd) != 0) cannot("fsync of %s: %s", path, strerror(errno));
        close(fd);
    }
    file = open(path, access | O_DIRECT | O_CLOEXEC);
    if (file < 0 && errno == EINVAL) cannot("%s has no O_DIRECT", path);
    if (file < 0) cannot("%s: %s", path, strerror(errno));
    if (fstat(file, &status) != 0 || !(S_ISBLK(status.st_mode) || S_ISREG(status.st_mode)))
        cannot("%s is neither a regular file nor a block device", path);
    if (device && lseek(file, 0, SEEK_END) < EXTENT) cannot("%s is less than 8 MiB", path);
}

static long number(const char *text, const char *name, long least) {
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (end == text || *end != 0 || errno != 0 || value < least) cannot("%s: %s is no such number", name, text);
    return value;
}

int main(int count, char **arguments) {
    static const char *const engines[] = {"psync", "pvsync2", "libaio", "io_uring", "io_uring-fixed", "io_uring-async"};
    bool mark = false, irq = false;
    for (int i = 7; i < count; i++) {
        if (strcmp(arguments[i], "--mark") == 0) mark = true;
        else if (strcmp(arguments[i], "--irq") == 0) irq = true;
        else if (strcmp(arguments[i], "--workers") == 0 && i + 1 < count)
            most_workers = (unsigned)number(arguments[++i], "--workers", 1);
        else count = 0;
    }
    if (count < 7)
        cannot("usage: count-kernel ENGINE read|write BLOCKBYTES FILE WARMUP TRANSFERS [--mark] [--irq] [--workers N]");
    size_t chosen = 0;
    while (chosen < 6 && strcmp(arguments[1], engines[chosen]) != 0) chosen++;
    if (chosen == 6) cannot("no engine %s", arguments[1]);
    engine = chosen;
    writes = strcmp(arguments[2], "write") == 0;
    if (!writes && strcmp(arguments[2], "read") != 0) cannot("neither read nor write: %s", arguments[2]);
    block = (size_t)number(arguments[3], "BLOCKBYTES", 512);
    if (block % 512 != 0 || block > EXTENT) cannot("BLOCKBYTES: not a multiple of 512, or more than 8 MiB");
    long warmup = number(arguments[5], "WARMUP", 0), transfers = number(arguments[6], "TRANSFERS", 1);

    open_file(arguments[4]);
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) cannot("mlockall: %s", strerror(errno));
    for (int i = 0; i < DEPTH; i++) {
        void *buffer;
        if (posix_memalign(&buffer, PAGE, block) != 0) cannot("posix_memalign");
        memset(buffer, i, block);
        buffers[i] = buffer;
    }

    // Before the ring, so that whatever thread io-wq makes has inherited them.
    bool inherit = engine >= URING;
    find_events();
    open_counters(inherit);
    check_counters();
    if (irq) open_rings(inherit);
    set_up_engine();
    transfer(warmup, irq);

    uint64_t before[EVENTS], after[EVENTS];
    read_counters(before);
    if (mark) dioaudit_phase("steady");
    if (irq) set_rings(PERF_EVENT_IOC_ENABLE);
    set_counters(PERF_EVENT_IOC_ENABLE);
    transfer(transfers, irq);
    set_counters(PERF_EVENT_IOC_DISABLE);
    if (irq) set_rings(PERF_EVENT_IOC_DISABLE);
    if (mark) dioaudit_phase("teardown");
    read_counters(after);

    printf("{\"transfers\":%ld", transfers);
    for (int i = 0; i < EVENTS; i++) printf(",\"%s\":%llu", event_names[i], (unsigned long long)(after[i] - before[i]));
    if (irq) {
        drain_rings();
        for (int i = 0; i < EVENTS; i++) {
            printf(",\"%s_irq\":%llu", event_names[i], (unsigned long long)interrupts[i]);
            if (sampled[i] != after[i] - before[i])
                fprintf(stderr, "count-kernel: %llu %s were counted, %llu sampled\n",
                    (unsigned long long)(after[i] - before[i]), event_names[i], (unsigned long long)sampled[i]);
        }
    }
    printf("}\n");
    return 0;
}
