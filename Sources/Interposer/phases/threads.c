#include "threads.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>

#include "../base/procfile.h"
#include "../base/system.h"
#include "../state/context.h"
#include "../state/faults.h"
#include "../state/identity.h"
#include "../state/ledger.h"
#include "../state/scope.h"
#include "../tables/rows.h"
#include "../rules.h"

// Fields of proc_pid_stat(5).
enum { MINOR_FIELD = 10, MAJOR_FIELD = 12 };

struct reading {
    struct thread_numbers thread;
    char name[DIOAUDIT_NAME];
    struct dioaudit_faults faults;
};

// "/proc/self/task/" and the thread's number.
static void stat_path(char *path, const char *tid) {
    strcpy(path, "/proc/self/task/");
    strcat(path, tid);
    strcat(path, "/stat");
}

static void copy_name(char *name, const char *line) {
    const char *start = strchr(line, '('), *end = strrchr(line, ')');
    size_t length = start && end > start ? (size_t)(end - start - 1) : 0;
    if (length > DIOAUDIT_NAME - 1) length = DIOAUDIT_NAME - 1;
    memset(name, 0, DIOAUDIT_NAME);
    if (length) memcpy(name, start + 1, length);
}

static void note_lost(void) {
    add_shared(&process.record->lost_thread_faults, 1);
}

// False if the thread has ended, or if its file cannot be read: then its page faults are unknown, not zero.
static bool read_thread(struct reading *reading, const char *tid, enum numbering numbering) {
    char path[64];
    stat_path(path, tid);
    if (!procfile_open(path)) {
        if (!procfile_has_ended()) note_lost();
        return false;
    }
    const char *line = procfile_line();
    const char *minor = procfile_stat_field(line, MINOR_FIELD), *major = procfile_stat_field(line, MAJOR_FIELD);
    if (major) {
        int32_t number = (int32_t)procfile_number(tid);
        bool is_inside = numbering == NUMBERED_INSIDE;
        reading->thread = is_inside ? (struct thread_numbers){0, number} : (struct thread_numbers){number, 0};
        copy_name(reading->name, line);
        reading->faults = (struct dioaudit_faults){procfile_number(minor), procfile_number(major)};
    } else if (!procfile_has_ended()) {
        note_lost();
    }
    procfile_close();
    return major != NULL;
}

static uint32_t pass;  // marks the rows whose thread was seen at this edge

static struct dioaudit_thread *claim_for(const struct reading *reading) {
    struct thread_numbers thread = reading->thread;
    if (!thread.tid) thread.tid = identity_of(thread.tid_inside);
    return rows_claim_for(thread, reading->name);
}

static void charge(const struct reading *reading, uint32_t from) {
    struct dioaudit_thread *rows = rows_of(reading->thread);
    // Fewer faults than at the last edge: another thread has the tid now.
    if (rows && (reading->faults.minor < rows->edge_faults.minor || reading->faults.major < rows->edge_faults.major)) {
        rows_end(rows);
        rows = NULL;
    }
    if (!rows) rows = claim_for(reading);
    if (!rows) {
        note_lost();
        return;
    }
    memcpy(rows->name, reading->name, DIOAUDIT_NAME);
    scope_note_name(rows, rows->name);
    if (from == DIOAUDIT_PHASE_STEADY) {
        rows->steady_faults.minor += reading->faults.minor - rows->edge_faults.minor;
        rows->steady_faults.major += reading->faults.major - rows->edge_faults.major;
    }
    rows->edge_faults = reading->faults;
    rows->faults_known = pass;
}

static void charge_all(long directory, uint32_t from, enum numbering numbering) {
    static char entries[1024] __attribute__((aligned(8)));
    long length;
    while ((length = SYSTEM(SYS_getdents64, directory, entries, sizeof(entries))) > 0) {
        for (long at = 0; at < length;) {
            const struct dirent64 *entry = (const void *)(entries + at);
            struct reading reading;
            at += entry->d_reclen;
            if (entry->d_name[0] != '.' && read_thread(&reading, entry->d_name, numbering)) charge(&reading, from);
        }
    }
    if (length < 0) note_lost();
}

// The last page faults of a thread that has ended are lost. Those from before the steady phase do not matter.
static void note_ended(uint32_t from) {
    for (uint32_t i = 1; i < DIOAUDIT_THREADS; i++) {
        struct dioaudit_thread *rows = &ledger->threads[i].thread;
        if (rows->state != DIOAUDIT_THREAD_OWNED || rows->owner != ledger_process_index()) continue;
        if (rows->faults_known == pass || rows->tid == 0) continue;
        if (from == DIOAUDIT_PHASE_STEADY && rows->faults_known != UINT32_MAX) rows->ended_unmeasured = 1;
        rows->faults_known = UINT32_MAX;
    }
}

void threads_take_edge(uint32_t from) {
    if (ledger->config.scope == DIOAUDIT_SCOPE_PROCESS) return;
    long directory = SYSTEM(SYS_openat, AT_FDCWD, "/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum numbering numbering = identity_of_proc();
    if (directory >= 0 && numbering == NUMBERED_OTHERWISE) SYSTEM(SYS_close, directory);
    if (directory < 0 || numbering == NUMBERED_OTHERWISE) {
        note_lost();
        return;
    }
    pass++;
    charge_all(directory, from, numbering);
    SYSTEM(SYS_close, directory);
    note_ended(from);
}

// In an interlude the phase of these faults is not known yet: they stay unmeasured.
void threads_note_end(void) {
    struct dioaudit_thread *rows = context.rows ? context.rows : rows_claim();
    if (!rows || process.phase == DIOAUDIT_PHASE_CLOSED) return;
    system_thread_name(rows->name);
    scope_note_name(rows, rows->name);
    struct dioaudit_faults now = faults_of(RUSAGE_THREAD);
    if (process.phase == DIOAUDIT_PHASE_STEADY) {
        rows->steady_faults.minor += now.minor - rows->edge_faults.minor;
        rows->steady_faults.major += now.major - rows->edge_faults.major;
    }
    rows->edge_faults = now;
}
