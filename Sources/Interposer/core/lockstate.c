#include "lockstate.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "context.h"
#include "system.h"
#include "../rules.h"

enum { LINE = 512 };

// A file of /proc, read line by line.
struct lines {
    long fd;
    long filled, used;
    char buffer[DIOAUDIT_PAGE];
    char line[LINE];
};

static struct lines lines;  // one reader at a time: see lockstate_observe

static bool open_lines(const char *path) {
    lines.fd = SYSTEM(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    lines.filled = lines.used = 0;
    return lines.fd >= 0;
}

static void close_lines(void) {
    SYSTEM(SYS_close, lines.fd);
}

// The next line without its end, cut to LINE - 1 bytes; null at the end of the file.
static const char *next_line(void) {
    size_t length = 0;
    for (;;) {
        if (lines.used == lines.filled) {
            lines.filled = SYSTEM(SYS_read, lines.fd, lines.buffer, sizeof(lines.buffer));
            lines.used = 0;
            if (lines.filled <= 0) return NULL;
        }
        char byte = lines.buffer[lines.used++];
        if (byte == '\n') break;
        if (length < LINE - 1) lines.line[length++] = byte;
    }
    lines.line[length] = 0;
    return lines.line;
}

static bool starts_with(const char *text, const char *prefix) {
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static uint64_t number_in(const char *text) {
    uint64_t value = 0;
    while (*text && (*text < '0' || *text > '9')) text++;
    for (; *text >= '0' && *text <= '9'; text++) value = value * 10 + (uint64_t)(*text - '0');
    return value;
}

// In kB there, as proc(5) says; in bytes here.
static bool status_value(const char *key, uint64_t *bytes) {
    if (!open_lines("/proc/self/status")) return false;
    bool found = false;
    for (const char *line = next_line(); line && !found; line = next_line())
        if (starts_with(line, key)) {
            *bytes = number_in(line + strlen(key)) * 1024;
            found = true;
        }
    close_lines();
    return found;
}

// Mappings without "lo" (VM_LOCKED) among their VmFlags. The kernel never locks special mappings: "io" (VM_IO),
// "pf" (VM_PFNMAP), "mm" (VM_MIXEDMAP) and "de" (VM_DONTEXPAND), among them vvar and vdso (mm/internal.h,
// VM_SPECIAL); it gives [vsyscall] no flags that tell.
static bool count_unlocked(uint64_t *count) {
    if (!open_lines("/proc/self/smaps")) return false;
    *count = 0;
    bool vsyscall = false;
    for (const char *line = next_line(); line; line = next_line()) {
        if (!starts_with(line, "VmFlags:")) {
            if (strstr(line, "[vsyscall]")) vsyscall = true;
            continue;
        }
        bool special = vsyscall || strstr(line, " io") || strstr(line, " pf") || strstr(line, " mm") || strstr(line, " de");
        if (!special && !strstr(line, " lo")) *count += 1;
        vsyscall = false;
    }
    close_lines();
    return true;
}

// Field 9 of proc_pid_stat(5) holds the task's flags. PR_GET_IO_FLUSHER would need CAP_SYS_RESOURCE.
static bool read_io_flusher(uint32_t *set) {
    enum { MEMALLOC_NOIO = 0x00080000 };  // PF_MEMALLOC_NOIO, include/linux/sched.h
    if (!open_lines("/proc/thread-self/stat")) return false;
    const char *line = next_line();
    const char *fields = line ? strrchr(line, ')') : NULL;
    close_lines();
    if (!fields) return false;
    for (int field = 2; field < 9; field++) {
        fields = strchr(fields + 1, ' ');
        if (!fields) return false;
    }
    *set = (number_in(fields) & MEMALLOC_NOIO) != 0;
    return true;
}

void lockstate_observe(struct dioaudit_process *record) {
    record->lock_flags_at_steady = record->lock_flags;
    bool locked = status_value("VmLck:", &record->locked_bytes);
    bool mappings = count_unlocked(&record->unlocked_mappings);
    bool flusher = read_io_flusher(&record->io_flusher);
    record->proc_readable = locked && mappings && flusher;
}

uint64_t lockstate_address_space(void) {
    uint64_t bytes = 0;
    status_value("VmSize:", &bytes);
    return bytes;
}
