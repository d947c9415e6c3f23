#include "accounting.h"

#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>

#include "../base/procfile.h"
#include "../rules.h"

enum { DISK_BLOCK = 512 };

// getrusage and not /proc/self/io: it opens no file, and the kernel allocates nothing for it. Its blocks are exact: direct I/O
// moves whole ones, and buffered I/O whole pages.
static bool accounted(struct dioaudit_process *record, struct dioaudit_bytes *bytes) {
    struct rusage usage;
    bool known = system_usage(RUSAGE_SELF, &usage);
    if (!known) record->accounting_refused = 1;
    bytes->bytes[DIRECTION_READ] = (uint64_t)usage.ru_inblock * DISK_BLOCK;
    bytes->bytes[DIRECTION_WRITE] = (uint64_t)usage.ru_oublock * DISK_BLOCK;
    return known;
}

static void add_since_edge(struct dioaudit_process *record, struct dioaudit_bytes *phase) {
    struct dioaudit_bytes now;
    if (!accounted(record, &now)) return;
    for (int direction = 0; direction < DIRECTIONS; direction++)
        if (phase) phase->bytes[direction] += now.bytes[direction] - record->edge_accounted.bytes[direction];
    record->edge_accounted = now;
}

void accounting_begin(struct dioaudit_process *record) {
    add_since_edge(record, NULL);
}

// MARK: calls past the interposer

// TRAP: where the first thread has ended, an ordinary user may not read /proc/self/io, and a thread's own file tells of that thread
// alone. By any thread's number there is the whole process's. Fixture: first-thread-ends.c
static bool open_io(void) {
    char name[64] = "", path[64] = "/proc";  // the name is "PID/task/TID", in the numbers of /proc
    if (SYSTEM(SYS_readlinkat, AT_FDCWD, "/proc/thread-self", name, sizeof(name) - 1) <= 0) return false;
    const char *thread = strrchr(name, '/');
    return thread && procfile_open(strcat(strcat(path, thread), "/io"));
}

// What any call of the process read and wrote, less what calls through the interposer did, and the interposer itself.
static bool uncalled(const struct dioaudit_process *record, struct dioaudit_bytes *bytes) {
    uint64_t own[DIRECTIONS] = {procfile_bytes, 0};
    if (!open_io()) return false;
    const char *reads = procfile_line();  // rchar and wchar are its first lines
    bool known = reads && strncmp(reads, "rchar:", 6) == 0;
    if (known) bytes->bytes[DIRECTION_READ] = procfile_number(reads);
    const char *writes = procfile_line();
    known = known && writes && strncmp(writes, "wchar:", 6) == 0;
    if (known) bytes->bytes[DIRECTION_WRITE] = procfile_number(writes);
    procfile_close();
    for (int direction = 0; direction < DIRECTIONS; direction++)
        bytes->bytes[direction] -= own[direction] + record->called.bytes[direction];
    return known;
}

void accounting_steady_begins(struct dioaudit_process *record) {
    record->calls_known = uncalled(record, &record->uncalled_at_steady);
}

static bool is_exact(const struct dioaudit_process *record) {
    const struct dioaudit_balance *steady = &record->steady_io;
    return memcmp(&steady->accounted, &steady->explained, sizeof(steady->accounted)) == 0;
}

// Only where it is needed, since it opens a file: a program may close its last file after each transfer.
static void count_uncalled(struct dioaudit_process *record) {
    struct dioaudit_bytes now;
    record->calls_known = record->calls_known && uncalled(record, &now);
    if (!record->calls_known) return;
    for (int direction = 0; direction < DIRECTIONS; direction++)
        record->uncalled.bytes[direction] = now.bytes[direction] - record->uncalled_at_steady.bytes[direction];
}

void accounting_take_edge(struct dioaudit_process *record, uint32_t from) {
    struct dioaudit_balance *left = accounting_of(record, from);
    add_since_edge(record, left ? &left->accounted : NULL);
    if (from == DIOAUDIT_PHASE_STEADY && record->steady_reached && !is_exact(record)) count_uncalled(record);
}

// MARK: before the first transfer that was seen

void accounting_unseen_begins(struct dioaudit_process *record) {
    struct dioaudit_unseen *unseen = &record->unseen;
    if (unseen->goes_on) return;
    bool known = accounted(record, &unseen->accounted_before) && uncalled(record, &unseen->uncalled_before);
    if (!known) unseen->unknown = 1;
    unseen->goes_on = known;
}

void accounting_unseen_ends(struct dioaudit_process *record) {
    struct dioaudit_unseen *unseen = &record->unseen;
    struct dioaudit_bytes now, moved;
    if (!unseen->goes_on) return;
    unseen->goes_on = 0;
    bool known = accounted(record, &now) && uncalled(record, &moved);
    if (!known) unseen->unknown = 1;
    for (int direction = 0; known && direction < DIRECTIONS; direction++) {
        unseen->accounted.bytes[direction] += now.bytes[direction] - unseen->accounted_before.bytes[direction];
        unseen->uncalled.bytes[direction] += moved.bytes[direction] - unseen->uncalled_before.bytes[direction];
    }
}
