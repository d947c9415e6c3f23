// Whether the series in Fixtures/kernel does what it says, on one file or block device:
//     reserve PATH [denied]
// Counts by tracefs alone what the kernel allocates in this process's direct I/O, by call site. Says a line for each test, "ok" or
// "FAIL", and exits with the number of those that failed. denied: the kernel can be made to refuse the reserve (CONFIG_FAILSLAB).
// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACING "/sys/kernel/tracing/"
#define SIZE (8 << 20)
#define LARGE (128 << 10)
#define ROUNDS 50
#define PIECES 16

static const char *path;
static bool is_block;
static int failed;
static char *buffer; // SIZE bytes, in memory for all tests

static void die(const char *what) {
    perror(what);
    exit(99);
}

static void put(const char *file, const char *text) {
    int fd = open(file, O_WRONLY | O_TRUNC);
    if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) die(file);
    close(fd);
}

static void say(bool ok, const char *name, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    printf("%s %s %s: ", ok ? "ok  " : "FAIL", path, name);
    vprintf(format, arguments);
    puts("");
    fflush(stdout);
    va_end(arguments);
    failed += !ok;
}

// What was seen between trace_begin and trace_end. `direct`: allocations for transfers, which the series is to avoid.
struct seen {
    int direct, reserves, freed;
};

static void trace_begin(void) {
    put(TRACING "tracing_on", "0");
    put(TRACING "trace", "");
    put(TRACING "tracing_on", "1");
}

static struct seen trace_end(void) {
    put(TRACING "tracing_on", "0");
    struct seen seen = {0};
    FILE *trace = fopen(TRACING "trace", "r");
    if (!trace) die("trace");
    char line[1024];
    while (fgets(line, sizeof line, trace)) {
        bool is_free = strstr(line, "kmem_cache_free:") != NULL;
        const char *site = strstr(line, "call_site=");
        if (strstr(line, "LOST")) die("events were lost");
        if (!site) continue;
        // A driver's, which virtio_blk makes a scatterlist of: what is meant here may all sleep.
        if (strncmp(site, "call_site=mempool_alloc", 23) == 0 && strstr(line, "GFP_ATOMIC")) continue;
        site += strlen("call_site=");
        if (strncmp(site, "dio_reserve_", 12) == 0 && !is_free) seen.reserves++;
        if (strncmp(site, "__dio_reserve_free", 18) == 0) seen.freed++;
        if (strncmp(site, "dio_reserve_", 12) == 0 && is_free) seen.reserves--; // two made one, and the second was one too many
        static const char *const sites[] = {"__blkdev_direct_IO_simple", "__iomap_dio_rw", "iomap_dio_", "bio_alloc", "bvec_alloc",
                                            "mempool_alloc", "iovec_from_user", "__import_iovec"};
        for (size_t i = 0; i < sizeof sites / sizeof *sites && !is_free; i++)
            if (strncmp(site, sites[i], strlen(sites[i])) == 0) {
                seen.direct++;
                break;
            }
    }
    fclose(trace);
    return seen;
}

static int open_direct(void) {
    int fd = open(path, O_RDWR | O_DIRECT);
    if (fd < 0) die(path);
    return fd;
}

static void transfer(int fd, bool writes, size_t bytes, off_t at) {
    ssize_t moved = writes ? pwrite(fd, buffer + at, bytes, at) : pread(fd, buffer + at, bytes, at);
    if (moved != (ssize_t)bytes) die(writes ? "pwrite" : "pread");
}

// Of more pieces than the kernel's stack has room for, which lie apart, so that none can be merged.
static void transfer_pieces(int fd, bool writes) {
    struct iovec pieces[PIECES];
    for (int i = 0; i < PIECES; i++) pieces[i] = (struct iovec){buffer + i * 8192, 4096};
    ssize_t moved = writes ? pwritev(fd, pieces, PIECES, LARGE) : preadv(fd, pieces, PIECES, LARGE);
    if (moved != PIECES * 4096) die(writes ? "pwritev" : "preadv");
}

static void rounds(int fd) {
    for (int i = 0; i < ROUNDS; i++) {
        transfer(fd, true, LARGE, 0);
        transfer(fd, false, LARGE, 0);
        transfer(fd, true, 4096, LARGE);
        transfer(fd, false, 4096, LARGE);
        transfer_pieces(fd, true);
        transfer_pieces(fd, false);
    }
}

static struct seen see_rounds(int fd) {
    trace_begin();
    rounds(fd);
    return trace_end();
}

static struct seen see_close(int fd) {
    trace_begin();
    close(fd);
    return trace_end();
}

// Of this process alone.
static void trace_own(void) {
    char id[32];
    snprintf(id, sizeof id, "%d", getpid());
    put(TRACING "set_event_pid", id);
}

// What `rounds` makes a kernel allocate without a reserve. On a block device: vectors for each large transfer and each of pieces. On a
// file: a dio and a bio for each transfer, and vectors for those. On both: the pieces' own list.
static int usual(void) { return (is_block ? 4 + 2 : 6 + 6 + 4 + 2) * ROUNDS; }

static void lock(void) {
    if (mlockall(MCL_CURRENT | MCL_FUTURE)) die("mlockall");
}

static void *nothing(void *argument) { return argument; }

// MARK: the tests

static void test_unlocked(void) {
    int fd = open_direct();
    rounds(fd);
    struct seen seen = see_rounds(fd);
    close(fd);
    say(seen.direct == usual() && seen.reserves == 0, "not locked", "%d allocations, %d expected; %d reserves", seen.direct,
        usual(), seen.reserves);
}

static void test_locked(void) {
    lock();
    int fd = open_direct();
    trace_begin();
    transfer(fd, false, 4096, 0);
    struct seen first = trace_end();
    struct seen later = see_rounds(fd);
    struct seen closed = see_close(fd);
    say(first.reserves == 1 && first.direct == 0, "first transfer", "%d reserves, %d allocations", first.reserves, first.direct);
    say(later.direct == 0 && later.reserves == 0, "later transfers", "%d allocations, %d reserves", later.direct, later.reserves);
    say(closed.freed == 1, "close", "%d reserves freed", closed.freed);
}

// The pieces' list is taken before the file system knows of the transfer.
static void test_pieces_first(void) {
    int fd = open_direct();
    trace_begin();
    transfer_pieces(fd, true);
    struct seen first = trace_end();
    struct seen closed = see_close(fd);
    say(first.reserves == 1 && first.direct == 0 && closed.freed == 1, "first transfer, of pieces", "%d reserves, %d allocations, %d freed",
        first.reserves, first.direct, closed.freed);
}

static void test_dup(void) {
    int fd = open_direct();
    transfer(fd, true, LARGE, 0);
    trace_begin();
    int other = dup(fd);
    rounds(other);
    close(fd);
    rounds(other);
    struct seen seen = trace_end();
    struct seen closed = see_close(other);
    say(seen.direct == 0 && seen.reserves == 0 && seen.freed == 0 && closed.freed == 1, "dup",
        "%d allocations, %d reserves, %d freed; by the last close %d", seen.direct, seen.reserves, seen.freed, closed.freed);
}

// mlockall is not inherited: a child allocates as ever, until it calls it, too.
static void test_fork(void) {
    int fd = open_direct();
    transfer(fd, true, LARGE, 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        failed = 0;
        trace_own();
        struct seen seen = see_rounds(fd);
        say(seen.direct == usual() && seen.reserves == 0, "fork", "%d allocations by a child that is not locked, %d expected",
            seen.direct, usual());
        lock();
        seen = see_rounds(fd);
        say(seen.direct == 0 && seen.reserves == 0, "fork, locked", "%d allocations, %d reserves", seen.direct, seen.reserves);
        seen = see_close(fd);
        say(seen.freed == 0, "fork, close", "%d reserves freed by a close that is not the last", seen.freed);
        _exit(failed);
    }
    int status;
    waitpid(child, &status, 0);
    failed += WEXITSTATUS(status);
    trace_own();
    struct seen seen = see_close(fd);
    say(WIFEXITED(status) && seen.freed == 1, "fork, last close", "%d reserves freed", seen.freed);
}

// MARK: a file on its way to another process

static void send_file(int socket, int fd, bool sends, int *received) {
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {0};
    char byte = 0;
    struct iovec piece = {&byte, 1};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control.room};
    if (!sends) {
        if (recvmsg(socket, &message, 0) != 1 || !CMSG_FIRSTHDR(&message)) die("recvmsg");
        memcpy(received, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof *received);
        return;
    }
    control.header = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    if (sendmsg(socket, &message, 0) != 1) die("sendmsg");
}

// What is in a socket alone keeps its reserve, and loses it with the socket.
static void test_sent(void) {
    int ends[2], received;
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) die("socketpair");
    int fd = open_direct();
    transfer(fd, true, LARGE, 0);
    trace_begin();
    send_file(ends[0], fd, true, NULL);
    close(fd);
    send_file(ends[1], -1, false, &received);
    rounds(received);
    struct seen seen = trace_end();
    trace_begin();
    send_file(ends[0], received, true, NULL);
    close(received);
    struct seen in_socket = trace_end();
    trace_begin();
    close(ends[0]);
    close(ends[1]);
    struct seen gone = trace_end();
    say(seen.direct == 0 && seen.reserves == 0 && seen.freed == 0 && in_socket.freed == 0 && gone.freed == 1, "sent by SCM_RIGHTS",
        "%d allocations, %d reserves, %d freed; %d while it is in the socket alone, %d with the socket", seen.direct, seen.reserves,
        seen.freed, in_socket.freed, gone.freed);
}

// MARK: transfers that are not whole

static void test_partial(void) {
    int fd = open_direct();
    off_t end = lseek(fd, 0, SEEK_END);
    char *hole = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(hole, 4096);
    transfer(fd, true, LARGE, 0);
    bool refused = pread(fd, buffer, 4096, 1) == -1 && errno == EINVAL;
    refused = refused && pread(fd, buffer, LARGE, 1) == -1 && errno == EINVAL;
    bool is_short = pread(fd, buffer, LARGE, end - 4096) == 4096;
    // A part of a page, to a part of a page.
    char *page = buffer + LARGE;
    for (int i = 0; i < 4096; i++) page[i] = (char)(i / 64);
    transfer(fd, true, 4096, LARGE);
    memset(buffer, 0, 4096);
    bool is_part = pread(fd, buffer + 1536, 512, LARGE + 512) == 512 && memcmp(buffer + 1536, page + 512, 512) == 0 &&
                   buffer[1535] == 0 && buffer[2048] == 0;
    // The first page is there, and the second is not: a block device reads the one, a file system may refuse both.
    ssize_t moved = preadv(fd, (struct iovec[]){{buffer, 4096}, {hole, 4096}}, 2, 0);
    bool is_cut = moved == 4096 || (moved == -1 && errno == EFAULT);
    struct seen seen = see_rounds(fd);
    struct seen closed = see_close(fd);
    say(refused && is_short && is_part && is_cut, "not whole", "EINVAL %d, at the end %d, part of a page %d, half a buffer %zd", refused,
        is_short, is_part, moved);
    say(seen.direct == 0 && seen.reserves == 0 && closed.freed == 1, "after what was not whole", "%d allocations, %d reserves, %d freed",
        seen.direct, seen.reserves, closed.freed);
}

// MARK: several threads

struct worker {
    int fd;
    unsigned seed;
    off_t from; // an area of its own
    int wrong;
};

static void *work(void *argument) {
    struct worker *worker = argument;
    char *data, *back;
    if (posix_memalign((void **)&data, 4096, LARGE) || posix_memalign((void **)&back, 4096, LARGE)) die("posix_memalign");
    for (int i = 0; i < 300; i++) {
        size_t bytes = (size_t)(rand_r(&worker->seed) % 32 + 1) * 4096;
        memset(data, rand_r(&worker->seed), bytes);
        struct iovec pages[32];
        for (size_t at = 0; at < bytes; at += 4096) pages[at / 4096] = (struct iovec){data + at, 4096};
        if (pwritev(worker->fd, pages, (int)(bytes / 4096), worker->from) != (ssize_t)bytes) die("pwritev");
        if (pread(worker->fd, back, bytes, worker->from) != (ssize_t)bytes) die("pread");
        worker->wrong += memcmp(data, back, bytes) != 0;
    }
    free(data);
    free(back);
    return NULL;
}

static void test_threads(void) {
    put(TRACING "set_event_pid", "");
    int fd = open_direct();
    struct worker workers[4];
    pthread_t threads[4];
    trace_begin();
    for (int i = 0; i < 4; i++) {
        workers[i] = (struct worker){.fd = fd, .seed = (unsigned)i + 1, .from = (off_t)i * (1 << 20)};
        if (pthread_create(&threads[i], NULL, work, &workers[i])) die("pthread_create");
    }
    int wrong = 0;
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        wrong += workers[i].wrong;
    }
    close(fd);
    struct seen seen = trace_end();
    say(wrong == 0 && seen.reserves == 1 && seen.freed == 1 && seen.direct > 0, "four threads on one file",
        "%d of 1200 read back wrong; %d reserves, %d freed; %d allocations by those that came while it was taken", wrong, seen.reserves,
        seen.freed, seen.direct);
}

static void *reads_once(void *argument) {
    // EBADF if it is closed already.
    int fd = *(int *)argument;
    if (pread(fd, buffer, 1 << 20, 0) < 0 && errno != EBADF) die("pread");
    return NULL;
}

static void test_close_in_flight(void) {
    trace_begin();
    for (int i = 0; i < 100; i++) {
        int fd = open_direct();
        pthread_t thread;
        transfer(fd, false, 4096, 0);
        if (pthread_create(&thread, NULL, reads_once, &fd)) die("pthread_create");
        if (i % 2) sched_yield();
        close(fd);
        pthread_join(thread, NULL);
    }
    struct seen seen = trace_end();
    say(seen.reserves == 100 && seen.freed == 100, "close in flight", "%d reserves of 100 files, %d freed", seen.reserves, seen.freed);
    trace_own();
}

// MARK: the reserve denied

#define FAILSLAB "/sys/kernel/debug/failslab/"

static void test_denied(void) {
    if (access("/sys/kernel/slab/dio_reserve", F_OK)) {
        say(false, "denied", "this kernel knows no reserve");
        return;
    }
    int fd = open_direct();
    // Only the caches that the kernel's command line names (slub_debug=A,dio_reserve).
    put(FAILSLAB "cache-filter", "Y");
    put(FAILSLAB "verbose", "0");
    put(FAILSLAB "ignore-gfp-wait", "N");
    put(FAILSLAB "times", "-1");
    put(FAILSLAB "probability", "100");
    struct seen denied = see_rounds(fd);
    put(FAILSLAB "probability", "0");
    transfer(fd, true, LARGE, 0);
    struct seen granted = see_rounds(fd);
    struct seen closed = see_close(fd);
    say(denied.direct == usual() && closed.freed == 1, "denied", "%d allocations, %d expected", denied.direct, usual());
    say(granted.direct == 0, "denied no longer", "%d allocations", granted.direct);
}

// MARK: what was written is read

// Transfers of any size and place, some beyond what the reserve's bio holds, some of many parts, against a copy in memory.
static void test_data(void) {
    int fd = open_direct();
    char *copy;
    unsigned seed = 7;
    int wrong = 0;
    if (posix_memalign((void **)&copy, 4096, SIZE)) die("posix_memalign");
    memset(copy, 0, SIZE);
    for (off_t at = 0; at < SIZE; at += 1 << 20)
        if (pwrite(fd, copy + at, 1 << 20, at) != 1 << 20) die("pwrite");
    for (int i = 0; i < 2000; i++) {
        size_t bytes = (size_t)(rand_r(&seed) % (i % 16 ? 40 : 640) + 1) * 4096;
        off_t at = (off_t)(rand_r(&seed) % ((SIZE - bytes) / 4096 + 1)) * 4096;
        struct iovec parts[16];
        int count = rand_r(&seed) % 16 + 1;
        if (bytes < (size_t)count * 4096) count = 1;
        char *base = buffer;
        // Each part lies a page from the one before, so that none can be merged; the last takes the rest, and may run over its end.
        size_t done = 0, part = bytes / (size_t)count / 4096 * 4096;
        for (int j = 0; j < count; j++) {
            parts[j] = (struct iovec){base, j == count - 1 ? bytes - done : part};
            done += parts[j].iov_len;
            base += parts[j].iov_len + 4096;
        }
        if (rand_r(&seed) % 2) {
            for (int j = 0; j < count; j++)
                for (size_t k = 0; k < parts[j].iov_len; k += 512) memcpy((char *)parts[j].iov_base + k, (int[]){rand_r(&seed), i}, 8);
            if (pwritev(fd, parts, count, at) != (ssize_t)bytes) die("pwritev");
            off_t to = at;
            for (int j = 0; j < count; to += (off_t)parts[j++].iov_len) memcpy(copy + to, parts[j].iov_base, parts[j].iov_len);
        } else {
            if (preadv(fd, parts, count, at) != (ssize_t)bytes) die("preadv");
            off_t from = at;
            for (int j = 0; j < count; from += (off_t)parts[j++].iov_len)
                wrong += memcmp(copy + from, parts[j].iov_base, parts[j].iov_len) != 0;
        }
    }
    if (pread(fd, buffer, SIZE, 0) != SIZE) die("pread");
    wrong += memcmp(buffer, copy, SIZE) != 0;
    // A buffer that is not there, and one that ends: what the reserve holds is given back after an error, too.
    void *hole = mmap(NULL, LARGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    munmap(hole, LARGE);
    bool refused = pread(fd, hole, LARGE, 0) == -1 && errno == EFAULT;
    refused = refused && pread(fd, buffer, LARGE, SIZE * 64L) <= 0;
    struct seen seen = see_rounds(fd);
    close(fd);
    free(copy);
    say(wrong == 0, "data", "%d of 2000 transfers wrong", wrong);
    say(refused && seen.direct == 0, "after an error", "%d allocations", seen.direct);
}

int main(int count, char *arguments[]) {
    if (count < 2) return 64;
    path = arguments[1];
    struct stat status;
    if (stat(path, &status) == 0) is_block = S_ISBLK(status.st_mode);
    if (posix_memalign((void **)&buffer, 4096, SIZE + (1 << 20))) die("posix_memalign");
    memset(buffer, 1, SIZE + (1 << 20));
    if (!is_block) {
        int fd = open(path, O_RDWR | O_CREAT | O_DIRECT, 0600);
        if (fd < 0) die(path);
        for (off_t at = 0; at < SIZE; at += 1 << 20)
            if (pwrite(fd, buffer, 1 << 20, at) != 1 << 20) die("pwrite");
        fsync(fd);
        close(fd);
    }
    // A first thread: what it takes once is not counted below.
    pthread_t thread;
    if (pthread_create(&thread, NULL, nothing, NULL)) die("pthread_create");
    pthread_join(thread, NULL);

    put(TRACING "tracing_on", "0");
    put(TRACING "buffer_size_kb", "16384");
    trace_own();
    put(TRACING "events/kmem/kmalloc/enable", "1");
    put(TRACING "events/kmem/kmem_cache_alloc/enable", "1");
    put(TRACING "events/kmem/kmem_cache_free/enable", "1");

    test_unlocked();
    test_locked();
    test_pieces_first();
    test_dup();
    test_fork();
    test_sent();
    test_partial();
    test_threads();
    test_close_in_flight();
    if (count > 2) test_denied();
    test_data();
    put(TRACING "events/kmem/enable", "0");
    return failed;
}
