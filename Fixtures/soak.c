// A soak: 64 threads allocate and free as fast as they can, for SECONDS, while the main thread's transfers on FILE change
// the phase again and again. Each thread counts its own calls; at the end the totals are printed, by the report's keys.
#include "direct.h"
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

enum { THREADS = 64, SLOTS = 48, LARGE = 200 << 10 };
enum kind { MALLOC, CALLOC, REALLOC, POSIX_MEMALIGN, FREE, KINDS };
static const char *const names[KINDS] = {"malloc", "calloc", "realloc", "posixMemalign", "free"};

struct count {
    uint64_t calls, bytes;
};

struct worker {
    pthread_t thread;
    uint64_t random;
    struct count counts[KINDS];
    struct block {
        unsigned char *start;
        size_t size;
        unsigned char mark;
    } blocks[SLOTS];
} __attribute__((aligned(128)));

static struct worker workers[THREADS];
static pthread_barrier_t barrier;
static int stop;

static uint64_t next_random(struct worker *worker) {
    worker->random ^= worker->random << 13;
    worker->random ^= worker->random >> 7;
    return worker->random ^= worker->random << 17;
}

static void note(struct worker *worker, enum kind kind, size_t bytes) {
    worker->counts[kind].calls++;
    worker->counts[kind].bytes += bytes;
}

// A block that somebody else has too would lose its marks.
static void mark(struct block *block, unsigned char value) {
    block->mark = block->start[0] = block->start[block->size - 1] = value;
}

static void check(const struct block *block, size_t last) {
    require(block->start[0] == block->mark && (last >= block->size || block->start[last] == block->mark), "lost marks");
}

static size_t size(uint64_t random) {
    if (random % 997 == 0) return LARGE;         // above the threshold: a mapping of its own
    return 1 + random / 997 % (random % 13 ? 500 : 20000);
}

static void allocate(struct worker *worker, struct block *block, uint64_t random) {
    block->size = size(random >> 8);
    void *start = NULL;
    switch (random % 3) {
        case 0:
            start = malloc(block->size);
            note(worker, MALLOC, block->size);
            break;
        case 1:
            start = calloc(1, block->size);
            note(worker, CALLOC, block->size);
            require(start && !((char *)start)[0] && !((char *)start)[block->size - 1], "calloc's zeros");
            break;
        case 2:
            require(posix_memalign(&start, 256, block->size) == 0 && (uintptr_t)start % 256 == 0, "posix_memalign");
            note(worker, POSIX_MEMALIGN, block->size);
            break;
    }
    block->start = keep(start);
    require(start != NULL, "no memory");
    mark(block, (unsigned char)random);
}

static void reallocate(struct worker *worker, struct block *block, uint64_t random) {
    size_t wanted = size(random >> 8);
    block->start = keep(realloc(block->start, wanted));
    note(worker, REALLOC, wanted);
    require(block->start != NULL, "no memory");
    if (wanted < block->size) block->size = wanted;
    require(block->start[0] == block->mark, "what realloc moved");
    block->size = wanted;
    mark(block, block->mark);
}

static void release(struct worker *worker, struct block *block) {
    check(block, block->size - 1);
    free(block->start);
    note(worker, FREE, 0);
    block->start = NULL;
}

static void *work(void *argument) {
    struct worker *worker = argument;
    // All threads are there at once, so that each run has libc allocate the same for them.
    pthread_barrier_wait(&barrier);
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        uint64_t random = next_random(worker);
        struct block *block = &worker->blocks[random >> 40 & 31];
        if (!block->start) allocate(worker, block, random);
        else if (random % 4 == 0) reallocate(worker, block, random);
        else release(worker, block);
    }
    for (int i = 0; i < SLOTS; i++)
        if (worker->blocks[i].start) release(worker, &worker->blocks[i]);
    return NULL;
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void pause_for(long milliseconds) {
    nanosleep(&(struct timespec){.tv_nsec = milliseconds * 1000000}, NULL);
}

// In setup a while, then in and out of the steady phase: files are opened, used, left alone and closed.
static uint64_t change_phases(const char *path, uint64_t until) {
    uint64_t transfers = 0;
    pause_for(100);
    while (now() < until) {
        int fd = open_direct(path);
        for (int i = 0; i < 20; i++, transfers += 2) {
            write_block(fd, i);
            read_block(fd, i);
        }
        int other = open_direct(path);  // whose first transfer is warm-up inside the steady phase
        write_block(other, 0);
        transfers++;
        pause_for(2);
        close(other);
        close(fd);
        pause_for(20);
    }
    return transfers;
}

// Without stdio, which would allocate.
static void print(const char *name, struct count count) {
    char line[100];
    int length = snprintf(line, sizeof(line), "%s %llu %llu\n", name, (unsigned long long)count.calls,
                          (unsigned long long)count.bytes);
    require(write(1, line, (size_t)length) == length, "write");
}

int main(int count, char **arguments) {
    require(count > 2, "which file, and for how many seconds?");
    uint64_t seconds = strtoull(arguments[2], NULL, 10);
    mallopt(M_MMAP_THRESHOLD, 128 << 10);  // else it grows with the first large block that is freed
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 128 << 10);  // libc keeps so many stacks; of larger ones it would free some
    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    stop = seconds == 0;
    for (int i = 0; i < THREADS; i++) {
        workers[i].random = 88172645463325252u + (uint64_t)i * 1234567;
        require(pthread_create(&workers[i].thread, &small, work, &workers[i]) == 0, "pthread_create");
    }
    pthread_barrier_wait(&barrier);
    struct count transfers = {.calls = change_phases(arguments[1], now() + seconds * 1000000000u)};
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    for (int i = 0; i < THREADS; i++) pthread_join(workers[i].thread, NULL);

    for (int kind = 0; kind < KINDS; kind++) {
        struct count total = {0};
        for (int i = 0; i < THREADS; i++) {
            total.calls += workers[i].counts[kind].calls;
            total.bytes += workers[i].counts[kind].bytes;
        }
        print(names[kind], total);
    }
    transfers.bytes = transfers.calls * BLOCK;
    print("transfers", transfers);
}
