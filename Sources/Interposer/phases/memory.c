#include "memory.h"

#include <string.h>
#include <sys/resource.h>

#include "../base/procfile.h"
#include "../state/context.h"
#include "../state/faults.h"
#include "../state/ledger.h"
#include "heap_books.h"
#include "../rules.h"

// What the process has, and what was counted until then. Files of /proc give kB, and so do these.
struct reading {
    uint64_t anonymous, others;  // resident pages that a process wrote, and pages of files and of shared memory
    uint64_t mapped, stacks;     // address space
    struct heap_books heap;
    // Of all phases, those of the interposer's own work too:
    uint64_t faults;
    uint64_t maps, allocates;    // calls that may map, and those of the heap among them
    bool is_whole;
};

static struct reading began;  // a forked child begins another

// MARK: reading

static bool starts_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

// TRAP: VmRSS is inexact: many kernels collect it per CPU or per thread, and add it up now and then. smaps_rollup walks the
// page tables (8 ms for each GiB of small pages). Its Rss leaves out the pages of hugetlbfs. Fixture: fills-by-userfaultfd.c
static bool read_pages(struct reading *reading) {
    if (!procfile_open("/proc/self/smaps_rollup")) return false;
    uint64_t resident = 0;
    bool found = false;
    for (const char *line = procfile_line(); line; line = procfile_line()) {
        if (starts_with(line, "Rss:")) resident = procfile_number(line), found = true;
        if (starts_with(line, "Anonymous:")) reading->anonymous = procfile_number(line);
        if (starts_with(line, "Shared_Hugetlb:")) reading->others += procfile_number(line);
        if (starts_with(line, "Private_Hugetlb:")) reading->others += procfile_number(line);
    }
    procfile_close();
    reading->others += resident - reading->anonymous;
    return found;
}

static bool read_mappings(struct reading *reading) {
    if (!procfile_open("/proc/self/status")) return false;
    bool found = false;
    for (const char *line = procfile_line(); line; line = procfile_line()) {
        if (starts_with(line, "VmSize:")) reading->mapped = procfile_number(line), found = true;
        if (starts_with(line, "VmStk:")) reading->stacks = procfile_number(line);
    }
    procfile_close();
    return found;
}

static bool is_allocation(uint32_t event) {
    return event < DIOAUDIT_EVENT_MMAP && event != DIOAUDIT_EVENT_FREE && event != DIOAUDIT_EVENT_FREE_SIZED &&
           event != DIOAUDIT_EVENT_FREE_ALIGNED_SIZED;
}

static bool is_mapping(uint32_t event) {
    return event == DIOAUDIT_EVENT_MMAP || event == DIOAUDIT_EVENT_MREMAP || event == DIOAUDIT_EVENT_BRK ||
           event == DIOAUDIT_EVENT_SBRK;
}

static uint64_t calls_of(const struct dioaudit_thread *rows, uint32_t event) {
    uint64_t calls = 0;
    for (uint32_t phase = 0; phase < DIOAUDIT_PHASE_COUNT; phase++)
        calls += __atomic_load_n(&rows->cells[phase][event].calls, __ATOMIC_RELAXED);
    return calls;
}

static void read_faults(struct reading *reading) {
    struct dioaudit_faults faults = faults_of(RUSAGE_SELF);
    reading->faults = faults.minor + faults.major + faults_adopted();
}

// Rows that no thread had to itself may hold another process's calls, so that all of them count.
static void read_calls(struct reading *reading) {
    reading->maps = reading->allocates = process.record->shared_thread_calls;
    for (uint32_t i = 0; i < DIOAUDIT_THREADS; i++) {
        const struct dioaudit_thread *rows = &ledger->threads[i].thread;
        if (rows->state == DIOAUDIT_THREAD_FREE || rows->owner != ledger_process_index()) continue;
        for (uint32_t event = 0; event < DIOAUDIT_EVENT_COUNT; event++) {
            uint64_t calls = is_allocation(event) || is_mapping(event) ? calls_of(rows, event) : 0;
            reading->maps += calls;
            if (is_allocation(event)) reading->allocates += calls;
        }
    }
}

// MARK: comparing

static uint64_t gain(uint64_t before, uint64_t after) {
    return after > before ? after - before : 0;
}

// A page fault brings a whole folio at most, which is as large as a huge page. Anonymous pages and others are compared apart,
// so that code which the kernel drops from memory hides nothing.
static uint64_t unexplained_pages(const struct reading *from, const struct reading *to) {
    enum { FOLIO = 512, KB_OF_PAGE = DIOAUDIT_PAGE / 1024 };
    uint64_t pages = (gain(from->anonymous, to->anonymous) + gain(from->others, to->others)) / KB_OF_PAGE;
    return gain((to->faults - from->faults) * FOLIO, pages);
}

// A stack grows by page faults, without a call. How much a call maps is not known: the heap maps more than it is asked for.
// Fixture: grows-stack.c
static uint64_t unexplained_bytes(const struct reading *from, const struct reading *to) {
    if (to->maps != from->maps) return 0;
    uint64_t stacks = to->faults == from->faults ? gain(from->stacks, to->stacks) : 0;
    return (gain(from->mapped - from->stacks, to->mapped - to->stacks) + stacks) * 1024;
}

static uint64_t unexplained_heap(const struct reading *from, const struct reading *to) {
    bool known = from->heap.state == DIOAUDIT_HEAP_READ && to->heap.state == DIOAUDIT_HEAP_READ;
    return known && to->allocates == from->allocates ? gain(from->heap.used, to->heap.used) : 0;
}

static void note_unread(struct dioaudit_process *record, const struct reading *reading) {
    if (!reading->is_whole) record->memory_unread = 1;
    if (record->heap_books < reading->heap.state) record->heap_books = reading->heap.state;
}

// MARK: edges

// The growth of a steady phase that is over.
static void settle(struct dioaudit_process *record) {
    record->grown.pages += record->growing.pages;
    record->grown.bytes += record->growing.bytes;
    record->grown.heap += record->growing.heap;
    record->growing = (struct dioaudit_growth){0};
    record->memory = DIOAUDIT_MEMORY_OVER;
}

// TRAP: another thread may fault or map between two readings. Here the counts are read first, in read_end last: so pages are
// never without their fault, nor mappings without their call.
// TRAP: our own first reading takes page faults, which would explain pages. So the pages come after all else here, and before
// all else in read_end. Fixture: fills-by-userfaultfd.c
static void read_begin(struct reading *reading) {
    *reading = (struct reading){0};
    read_calls(reading);
    reading->heap = heap_books_read();
    bool mappings = read_mappings(reading);
    read_faults(reading);
    reading->is_whole = read_pages(reading) && mappings;
}

static void read_end(struct reading *reading) {
    *reading = (struct reading){0};
    bool pages = read_pages(reading);
    read_faults(reading);
    reading->is_whole = read_mappings(reading) && pages;
    reading->heap = heap_books_read();
    read_calls(reading);
}

void memory_begin(struct dioaudit_process *record, bool goes_on) {
    if (record->memory == DIOAUDIT_MEMORY_BEGUN) return;
    bool was_interrupted = record->memory == DIOAUDIT_MEMORY_MEASURED;
    if (was_interrupted && !goes_on) settle(record);
    record->memory = DIOAUDIT_MEMORY_BEGUN;
    if (was_interrupted && goes_on) return;
    read_begin(&began);
    note_unread(record, &began);
}

void memory_end(struct dioaudit_process *record, bool may_go_on) {
    if (record->memory != DIOAUDIT_MEMORY_BEGUN) return;
    struct reading now;
    read_end(&now);
    note_unread(record, &now);
    record->growing = (struct dioaudit_growth){
        .pages = unexplained_pages(&began, &now),
        .bytes = unexplained_bytes(&began, &now),
        .heap = unexplained_heap(&began, &now),
    };
    record->memory = DIOAUDIT_MEMORY_MEASURED;
    if (!may_go_on) settle(record);
}
