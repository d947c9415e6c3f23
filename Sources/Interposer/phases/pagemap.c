#include "pagemap.h"

#include <fcntl.h>

#include "../base/system.h"
#include "../rules.h"

// Documentation/admin-guide/mm/pagemap.rst. The scan is there since Linux 6.7, later than the headers that this is built with.
enum { PRESENT = 63, OF_FILE = 61, ALONE = 56 };
enum { SCAN_OF_FILE = 1 << 2, SCAN_PRESENT = 1 << 3, SCAN_ZERO = 1 << 5 };
enum { SCAN = 0xc0606610 };  // PAGEMAP_SCAN: _IOWR('f', 16, struct pm_scan_arg)

struct region {
    uint64_t start, end, categories;
};

struct scan {
    uint64_t size, flags, start, end, walked, regions, most, most_pages, inverted, wanted, any, told;
};

// The kernel's zero page, which a read brings, is none of the process's: no process has it alone.
static void add_page(struct memory_pages *pages, uint64_t entry) {
    if (!(entry >> PRESENT & 1)) return;
    if (entry >> OF_FILE & 1) pages->others++;
    else pages->anonymous += entry >> ALONE & 1;
}

static bool read_each(struct memory_pages *pages, long fd, uint64_t page, uint64_t end) {
    uint64_t entries[64];  // on the stack, since several threads may come
    while (page < end) {
        uint64_t left = end - page, most = sizeof(entries) / sizeof(*entries);
        size_t bytes = (left < most ? left : most) * sizeof(*entries);
        long got = SYSTEM(SYS_pread64, fd, entries, bytes, page * sizeof(*entries));
        if (got <= 0) return false;
        for (long i = 0; i < got / (long)sizeof(*entries); i++, page++) add_page(pages, entries[i]);
    }
    return true;
}

static void add_region(struct memory_pages *pages, const struct region *region) {
    uint64_t count = (region->end - region->start) / DIOAUDIT_PAGE;
    if (region->categories & SCAN_OF_FILE) pages->others += count;
    else if (!(region->categories & SCAN_ZERO)) pages->anonymous += count;
}

// The kernel goes through what there is, and not through what is reserved.
static bool scan(struct memory_pages *pages, long fd, uint64_t page, uint64_t end) {
    struct region found[32];
    struct scan scan = {
        .size = sizeof(scan),
        .start = page * DIOAUDIT_PAGE,
        .end = end * DIOAUDIT_PAGE,
        .regions = (uintptr_t)found,
        .most = sizeof(found) / sizeof(*found),
        .wanted = SCAN_PRESENT,
        .told = SCAN_PRESENT | SCAN_OF_FILE | SCAN_ZERO,
    };
    while (scan.start < scan.end) {
        long count = SYSTEM(SYS_ioctl, fd, SCAN, &scan);
        if (count < 0 || scan.walked <= scan.start) return false;
        for (long i = 0; i < count; i++) add_region(pages, &found[i]);
        scan.start = scan.walked;
    }
    return true;
}

// TRAP: a program may reserve more address space than can be looked through page by page. What it gives back of that is not known on
// kernels without the scan, or where a filter refuses ioctl. Of less the scan only saves time: V8 gives back many reserved GiB. Fixture:
// gives-back-terabytes.c
static bool count(struct memory_pages *pages, long fd, uint64_t page, uint64_t end) {
    enum { MANY = 1 << 18, MOST = 1 << 24 };
    struct memory_pages before = *pages;
    if (end - page >= MANY && scan(pages, fd, page, end)) return true;
    *pages = before;
    return end - page < MOST && read_each(pages, fd, page, end);
}

// TRAP: a program may ask for a range that there is not. What that gives back is not known.
bool pagemap_count(struct memory_pages *pages, const void *at, size_t length) {
    uint64_t page = (uintptr_t)at / DIOAUDIT_PAGE, end = page + length / DIOAUDIT_PAGE + (length % DIOAUDIT_PAGE != 0);
    if (end > UINTPTR_MAX / DIOAUDIT_PAGE) return false;
    long fd = SYSTEM(SYS_openat, AT_FDCWD, "/proc/thread-self/pagemap", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return page == end;
    bool known = count(pages, fd, page, end);
    SYSTEM(SYS_close, fd);
    return known;
}
