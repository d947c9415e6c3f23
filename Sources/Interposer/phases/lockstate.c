#include "lockstate.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "../base/clock.h"
#include "../base/procfile.h"
#include "../base/system.h"
#include "../state/context.h"
#include "../tables/edges.h"
#include "../rules.h"

static bool starts_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

// In kB there, as proc(5) says; in bytes here.
static bool status_value(const char *key, uint64_t *bytes) {
    if (!procfile_open("/proc/thread-self/status")) return false;
    bool found = false;
    for (const char *line = procfile_line(); line && !found; line = procfile_line())
        if (starts_with(line, key)) {
            *bytes = procfile_number(line + strlen(key)) * 1024;
            found = true;
        }
    procfile_close();
    return found;
}

// Mappings without "lo" (VM_LOCKED) among their VmFlags. The kernel never locks special mappings: "io" (VM_IO),
// "pf" (VM_PFNMAP), "mm" (VM_MIXEDMAP) and "de" (VM_DONTEXPAND), among them vvar and vdso (mm/internal.h,
// VM_SPECIAL); [vsyscall] has no flags that show it.
//
// On the way: the memory of io_uring's and libaio's rings.
static bool count_unlocked(uint64_t *count, uint32_t *rings) {
    if (!procfile_open("/proc/thread-self/smaps")) return false;
    *count = rings[DIOAUDIT_RING_AIO] = rings[DIOAUDIT_RING_URING] = 0;
    bool vsyscall = false;
    for (const char *line = procfile_line(); line; line = procfile_line()) {
        if (!starts_with(line, "VmFlags:")) {
            if (strstr(line, "[vsyscall]")) vsyscall = true;
            if (strstr(line, "/[aio]")) rings[DIOAUDIT_RING_AIO]++;
            if (strstr(line, "[io_uring]")) rings[DIOAUDIT_RING_URING]++;
            continue;
        }
        bool special = vsyscall || strstr(line, " io") || strstr(line, " pf") || strstr(line, " mm") || strstr(line, " de");
        if (!special && !strstr(line, " lo")) *count += 1;
        vsyscall = false;
    }
    procfile_close();
    return true;
}

// PR_GET_IO_FLUSHER would need CAP_SYS_RESOURCE.
static bool read_io_flusher(uint32_t *set) {
    enum { FLAGS_FIELD = 9 };
    if (!procfile_open("/proc/thread-self/stat")) return false;
    const char *flags = procfile_stat_field(procfile_line(), FLAGS_FIELD);
    procfile_close();
    if (!flags) return false;
    *set = (procfile_number(flags) & DIOAUDIT_PF_IO_FLUSHER) == DIOAUDIT_PF_IO_FLUSHER;
    return true;
}

// Whether the memory lock has room for no further page.
static bool is_at_its_limit(void) {
    uint64_t locked, limit = lockstate_limit();
    return limit != 0 && limit != UINT64_MAX && status_value("VmLck:", &locked) && locked + DIOAUDIT_PAGE > limit - 1;
}

static uint64_t hexadecimal(const char **text) {
    uint64_t number = 0;
    for (; **text; ++*text) {
        char digit = **text;
        if (digit >= '0' && digit <= '9') number = number * 16 + (uint64_t)(digit - '0');
        else if (digit >= 'a' && digit <= 'f') number = number * 16 + (uint64_t)(digit - 'a' + 10);
        else break;
    }
    return number;
}

// What /proc says of the mapping that holds this address.
static bool is_shown_as_locked(uint64_t address) {
    if (!procfile_open("/proc/thread-self/smaps")) return false;
    bool within = false, locked = false;
    for (const char *line = procfile_line(); line && !locked; line = procfile_line()) {
        const char *rest = line;
        uint64_t from = hexadecimal(&rest);
        if (rest != line && *rest++ == '-') within = address >= from && address < hexadecimal(&rest);
        locked = within && starts_with(line, "VmFlags:") && strstr(line, " lo");
    }
    procfile_close();
    return locked;
}

static bool is_filtered(void) {
    uint64_t mode;
    return !status_value("Seccomp:", &mode) || mode != 0;
}

// The kernel refuses MADV_DONTNEED for locked memory. A mapping without access is locked as any other, and has no pages.
//
// TRAP: a filter of the program's own may refuse it, too. Fixtures: refuses-lock-trial.c, refuses-lock-trial-by-limit.c
static uint32_t try_new_mapping(void) {
    long page = SYSTEM(SYS_mmap, NULL, DIOAUDIT_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    // TRAP: it is only for a locked mapping that RLIMIT_MEMLOCK can be too small.
    if (page == -EAGAIN) return is_at_its_limit() ? DIOAUDIT_NEW_MAPPINGS_LOCKED : DIOAUDIT_NEW_MAPPINGS_UNKNOWN;
    if (page <= 0 && page > -DIOAUDIT_PAGE) return DIOAUDIT_NEW_MAPPINGS_UNKNOWN;
    long given = SYSTEM(SYS_madvise, page, DIOAUDIT_PAGE, MADV_DONTNEED);
    bool locked = given == -EINVAL && (!is_filtered() || is_shown_as_locked((uint64_t)page));
    SYSTEM(SYS_munmap, page, DIOAUDIT_PAGE);
    if (given == 0) return DIOAUDIT_NEW_MAPPINGS_UNLOCKED;
    return locked ? DIOAUDIT_NEW_MAPPINGS_LOCKED : DIOAUDIT_NEW_MAPPINGS_UNKNOWN;
}

// TRAP: a call past libc may have ended MCL_FUTURE, and nothing in /proc shows that. Fixture: ends-future-by-instruction.c
void lockstate_confirm(struct dioaudit_process *record) {
    if (!(record->lock_flags & MCL_FUTURE)) return;
    uint64_t began = clock_now();
    uint32_t found = try_new_mapping();
    edges_note_own(began, clock_now());
    if (record->new_mappings < found) record->new_mappings = found;
}

void lockstate_observe(struct dioaudit_process *record) {
    record->lock_flags_at_steady = record->lock_flags;
    lockstate_confirm(record);
    bool locked = status_value("VmLck:", &record->locked_bytes);
    bool mappings = count_unlocked(&record->unlocked_mappings, record->ring_mappings);
    bool flusher = read_io_flusher(&record->io_flusher);
    record->proc_readable = locked && mappings && flusher;
}

uint64_t lockstate_limit(void) {
    struct rlimit limit;
    if (SYSTEM(SYS_prlimit64, 0, RLIMIT_MEMLOCK, NULL, &limit) != 0) return 0;
    return limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur + 1;
}

uint64_t lockstate_address_space(void) {
    uint64_t bytes = 0;
    status_value("VmSize:", &bytes);
    return bytes;
}
