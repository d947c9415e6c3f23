#include "memory.h"

#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>

#include "../base/procfile.h"
#include "../base/system.h"
#include "../state/context.h"
#include "../state/faults.h"
#include "../state/ledger.h"
#include "../tables/site_memory.h"
#include "heap_books.h"
#include "../rules.h"

// What the process has, and what was counted until then. Files of /proc give kB, and so do these.
struct reading {
    uint64_t anonymous, others;  // resident pages that a process wrote, and pages of files and of shared memory
    uint64_t huge;               // of the anonymous ones
    uint64_t mapped, stacks;     // address space
    uint64_t locked;
    struct heap_books heap;
    struct memory_pages given_back;  // pages, not kB
    // Of all phases, those of the interposer's own work too:
    uint64_t faults;
    uint64_t maps, allocates;    // calls that may map, and those of the heap among them
    uint64_t releases;           // calls that may unmap or unlock
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
    if (!procfile_open("/proc/thread-self/smaps_rollup")) return false;
    uint64_t resident = 0, hugetlb = 0;
    bool found = false;
    for (const char *line = procfile_line(); line; line = procfile_line()) {
        if (starts_with(line, "Rss:")) resident = procfile_number(line), found = true;
        if (starts_with(line, "Anonymous:")) reading->anonymous = procfile_number(line);
        if (starts_with(line, "AnonHugePages:")) reading->huge = procfile_number(line);
        if (starts_with(line, "Shared_Hugetlb:")) hugetlb += procfile_number(line);
        if (starts_with(line, "Private_Hugetlb:")) hugetlb += procfile_number(line);
    }
    procfile_close();
    reading->others = resident - reading->anonymous + hugetlb;
    return found;
}

static bool read_mappings(struct reading *reading) {
    if (!procfile_open("/proc/thread-self/status")) return false;
    bool found = false;
    for (const char *line = procfile_line(); line; line = procfile_line()) {
        if (starts_with(line, "VmSize:")) reading->mapped = procfile_number(line), found = true;
        if (starts_with(line, "VmStk:")) reading->stacks = procfile_number(line);
        if (starts_with(line, "VmLck:")) reading->locked = procfile_number(line);
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

// What the heap gives back it may do in any of its calls.
static bool is_release(uint32_t event) {
    return event < DIOAUDIT_EVENT_MADVISE || event == DIOAUDIT_EVENT_MUNLOCK || event == DIOAUDIT_EVENT_MUNLOCKALL;
}

static uint64_t calls_of(const struct dioaudit_thread *rows, uint32_t event) {
    uint64_t calls = 0;
    for (uint32_t phase = 0; phase < DIOAUDIT_PHASE_COUNT; phase++)
        calls += __atomic_load_n(&rows->cells[phase][event].calls, __ATOMIC_RELAXED);
    return calls;
}

static void read_faults(struct reading *reading) {
    struct dioaudit_faults faults = faults_of(RUSAGE_SELF);
    reading->faults = faults.minor + faults.major + faults_adopted() - site_memory_faults() - ledger_fork_faults();
}

// Rows that no thread had to itself may hold another process's calls, so that all of them count.
static void read_calls(struct reading *reading) {
    reading->maps = reading->allocates = reading->releases = process.record->shared_thread_calls;
    for (uint32_t i = 0; i < DIOAUDIT_THREADS; i++) {
        const struct dioaudit_thread *rows = &ledger->threads[i].thread;
        if (rows->state == DIOAUDIT_THREAD_FREE || rows->owner != ledger_process_index()) continue;
        for (uint32_t event = 0; event < DIOAUDIT_EVENT_COUNT; event++) {
            uint64_t calls = calls_of(rows, event);
            if (is_allocation(event) || is_mapping(event)) reading->maps += calls;
            if (is_allocation(event)) reading->allocates += calls;
            if (is_release(event)) reading->releases += calls;
        }
    }
}

// MARK: what the process gives back

static uint64_t lesser(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t gain(uint64_t before, uint64_t after) {
    return after > before ? after - before : 0;
}

static struct memory_pages given_back;

static struct memory_pages given_back_so_far(void) {
    return (struct memory_pages){__atomic_load_n(&given_back.anonymous, __ATOMIC_RELAXED),
                                 __atomic_load_n(&given_back.others, __ATOMIC_RELAXED),
                                 __atomic_load_n(&given_back.mapped, __ATOMIC_RELAXED)};
}

static bool may_be_steady(void) {
    return process.phase && (process.record->memory == DIOAUDIT_MEMORY_BEGUN || process.record->memory == DIOAUDIT_MEMORY_MEASURED);
}

// The first number of statm is exact. Not by procfile.h, whose reader one thread at a time may use.
static bool read_address_space(struct memory_pages *pages) {
    char text[32] = {0};
    long fd = SYSTEM(SYS_openat, AT_FDCWD, "/proc/thread-self/statm", O_RDONLY | O_CLOEXEC);
    long got = SYSTEM(SYS_read, fd, text, sizeof(text) - 1);
    if (fd >= 0) SYSTEM(SYS_close, fd);
    if (got > 0) pages->mapped = procfile_number(text);
    return got > 0;
}

// TRAP: a program may mark its whole address space, which is too much to look through. Fixture: marks-all-it-reserves.c
bool memory_is_only_marked(int advice) {
    switch (advice) {
        case MADV_NORMAL: case MADV_RANDOM: case MADV_SEQUENTIAL: case MADV_DONTFORK: case MADV_DOFORK:
        case MADV_HUGEPAGE: case MADV_NOHUGEPAGE: case MADV_DONTDUMP: case MADV_DODUMP:
        case MADV_WIPEONFORK: case MADV_KEEPONFORK:
            return true;
        default: return false;
    }
}

struct memory_pages memory_in(const void *at, size_t length) {
    struct memory_pages pages = {0};
    if (likely(!may_be_steady())) return pages;
    bool is_known = pagemap_count(&pages, at, length);
    if (!read_address_space(&pages) || !is_known) process.record->memory_unread = 1;
    return pages;
}

void memory_lost_sight(void) {
    if (may_be_steady()) process.record->memory_unread = 1;
}

void memory_gave_back(struct memory_pages before, struct memory_pages after) {
    add_shared(&given_back.anonymous, gain(after.anonymous, before.anonymous));
    add_shared(&given_back.others, gain(after.others, before.others));
    add_shared(&given_back.mapped, gain(after.mapped, before.mapped));
}

// MARK: comparing

enum { KB_OF_PAGE = DIOAUDIT_PAGE / 1024 };

// Takes as many of the faults as may have brought these pages, `each` at a time. Returns how many pages they leave.
static uint64_t unexplained_by(uint64_t *faults, uint64_t each, uint64_t pages) {
    uint64_t needed = (pages + each - 1) / each, taken = needed < *faults ? needed : *faults;
    *faults -= taken;
    return gain(taken * each, pages);
}

// A page fault brings a folio. One of a file is as large as a huge page at most (since Linux 6.18 all of it is mapped); of anonymous
// memory it is a huge page, or of a size that the host knows. Anonymous pages and others are compared apart, so that code which the
// kernel drops from memory hides nothing. Fixtures: fills-behind-a-fault.c, gives-back-and-fills.c
static uint64_t unexplained_pages(const struct reading *from, const struct reading *to) {
    enum { HUGE = 512 };
    uint64_t given_anonymous = to->given_back.anonymous - from->given_back.anonymous;
    uint64_t given_others = to->given_back.others - from->given_back.others;
    uint64_t anonymous = gain(from->anonymous / KB_OF_PAGE, to->anonymous / KB_OF_PAGE + given_anonymous);
    uint64_t others = gain(from->others / KB_OF_PAGE, to->others / KB_OF_PAGE + given_others);
    uint64_t huge = lesser(anonymous, gain(from->huge, to->huge) / KB_OF_PAGE);
    uint64_t faults = to->faults - from->faults;
    return unexplained_by(&faults, HUGE, huge) + unexplained_by(&faults, HUGE, others) +
           unexplained_by(&faults, ledger->config.largest_folio, anonymous - huge);
}

// A stack grows by page faults, without a call. How much a call maps is not known: the heap maps more than it is asked for.
// Fixture: grows-stack.c
static uint64_t unexplained_bytes(const struct reading *from, const struct reading *to) {
    if (to->maps != from->maps) return 0;
    uint64_t stacks = to->faults == from->faults ? gain(from->stacks, to->stacks) : 0;
    uint64_t given = (to->given_back.mapped - from->given_back.mapped) * KB_OF_PAGE;
    return (gain(from->mapped - from->stacks, to->mapped - to->stacks + given) + stacks) * 1024;
}

static uint64_t unexplained_heap(const struct reading *from, const struct reading *to) {
    bool known = from->heap.state == DIOAUDIT_HEAP_READ && to->heap.state == DIOAUDIT_HEAP_READ;
    return known && to->allocates == from->allocates ? gain(from->heap.used, to->heap.used) : 0;
}

// TRAP: a thread that ends gives its stack back. But if nothing is locked at all, the lock is lost. Fixture: unlocks-by-instruction.c
static uint64_t unexplained_unlocks(const struct reading *from, const struct reading *to) {
    bool may_be_released = to->releases != from->releases || process.record->threads_created > 0;
    return to->locked > 0 && may_be_released ? 0 : gain(to->locked, from->locked) * 1024;
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
    record->grown.unlocked += record->growing.unlocked;
    record->growing = (struct dioaudit_growth){0};
    record->memory = DIOAUDIT_MEMORY_OVER;
}

// All pages of the memory of sites have been touched. It is locked if the ledger is.
static void leave_out(struct reading *reading, uint64_t bytes) {
    uint64_t kb = bytes / 1024;
    reading->mapped -= kb;
    reading->others -= lesser(kb, reading->others);
    if (process.record->lock_flags) reading->locked -= lesser(kb, reading->locked);
}

// TRAP: another thread may fault or map between two readings. Here the counts are read first, in read_end last: so pages are
// never without their fault, nor mappings without their call.
// TRAP: our own first reading takes page faults, which would explain pages. So the pages come after all else here, and before
// all else in read_end. Fixture: fills-by-userfaultfd.c
// TRAP: the memory of sites may grow between two readings, and is not the process's. Here it is read last, in read_end first: so it
// hides no mapping and no page. Fixture: many-sites.c
static void read_begin(struct reading *reading) {
    *reading = (struct reading){0};
    read_calls(reading);
    reading->heap = heap_books_read();
    bool mappings = read_mappings(reading);
    read_faults(reading);
    reading->is_whole = read_pages(reading) && mappings;
    reading->given_back = given_back_so_far();
    leave_out(reading, site_memory_mapped());
}

static void read_end(struct reading *reading) {
    *reading = (struct reading){0};
    reading->given_back = given_back_so_far();
    uint64_t of_sites = site_memory_mapped();
    bool pages = read_pages(reading);
    read_faults(reading);
    reading->is_whole = read_mappings(reading) && pages;
    leave_out(reading, of_sites);
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
    record->growing = (struct dioaudit_growth){.heap = unexplained_heap(&began, &now)};
    // What could not be read at an edge was not gained.
    if (began.is_whole && now.is_whole) {
        record->growing.pages = unexplained_pages(&began, &now);
        record->growing.bytes = unexplained_bytes(&began, &now);
        record->growing.unlocked = unexplained_unlocks(&began, &now);
    }
    record->memory = DIOAUDIT_MEMORY_MEASURED;
    if (!may_go_on) settle(record);
}
