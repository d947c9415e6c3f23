#include "files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "../base/system.h"
#include "../life/attach.h"
#include "../phases/phases.h"
#include "../state/context.h"
#include "../state/identity.h"
#include "../rules.h"

enum {
    DESCRIPTORS = 16384,
    UNKNOWN = 0,  // not looked at yet
    OTHER = 1,    // no O_DIRECT file
    FIRST_FILE = 2
};

static uint16_t slots[DESCRIPTORS];  // by descriptor: UNKNOWN, OTHER, or FIRST_FILE plus an index into direct_files

// MARK: examining

static bool is_direct(int fd) {
    long flags = SYSTEM(SYS_fcntl, fd, F_GETFL);
    // A filter (seccomp(2)) may refuse fcntl or fstat: then the file may be an O_DIRECT file. Fixture: refuses-questions.c
    if (flags < 0 && flags != -EBADF) files_note_lost();
    if (flags < 0 || !(flags & O_DIRECT)) return false;
    struct stat status;
    if (SYSTEM(SYS_fstat, fd, &status) != 0) {
        files_note_lost();
        return false;
    }
    return S_ISREG(status.st_mode) || S_ISBLK(status.st_mode);
}

void files_note_lost(void) {
    __atomic_fetch_add(&process.record->lost_files, 1, __ATOMIC_RELAXED);
}

static struct direct_file *claim_file(void) {
    bool is_first = false;
    struct direct_file *file = direct_files_claim(&is_first);
    if (is_first) phases_first_file_opened();
    return file;
}

static struct direct_file *look(int fd) {
    if (!is_direct(fd)) return NULL;
    struct direct_file *file = fd < DESCRIPTORS ? claim_file() : NULL;
    if (!file) files_note_lost();
    return file;
}

// The file that a descriptor names, though its O_DIRECT may be off.
static struct direct_file *named(int fd) {
    if (unlikely(fd < 0)) return NULL;
    uint16_t slot = likely(fd < DESCRIPTORS) ? __atomic_load_n(&slots[fd], __ATOMIC_ACQUIRE) : (uint16_t)UNKNOWN;
    if (slot == OTHER) return NULL;
    if (slot != UNKNOWN) return &direct_files[slot - FIRST_FILE];

    // Not attached yet, or a child that shares our memory: a later use examines the descriptor.
    if (!process.phase || !process_is_ours()) return NULL;
    struct direct_file *file = look(fd);
    if (unlikely(fd >= DESCRIPTORS)) return file;
    uint16_t found = file ? (uint16_t)(file - direct_files + FIRST_FILE) : OTHER;
    if (__atomic_compare_exchange_n(&slots[fd], &slot, found, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) return file;
    // Another thread examined it, too, and stored its result first.
    if (file) files_drop(file);
    return slot == OTHER ? NULL : &direct_files[slot - FIRST_FILE];
}

struct direct_file *files_find(int fd) {
    struct direct_file *file = named(fd);
    return unlikely(file) && direct_files_is_on(file) ? file : NULL;
}

// MARK: names

void files_drop(struct direct_file *file) {
    if (direct_files_drop(file)) phases_last_file_closed();
}

static void forget(int fd) {
    uint16_t slot = __atomic_exchange_n(&slots[fd], UNKNOWN, __ATOMIC_ACQ_REL);
    if (slot >= FIRST_FILE) files_drop(&direct_files[slot - FIRST_FILE]);
}

// TRAP: a vfork child shares our memory but not our descriptors: a descriptor that it closes stays open here, and one that it
// opens is not open here. The check is a system call, so only changes make it. Fixtures: vforks-and-execs.c,
// vforks-and-exits.c
static bool are_ours(void) {
    return is_attached() && process_is_ours();
}

void files_closed(int fd) {
    if (fd < 0 || fd >= DESCRIPTORS || slots[fd] == UNKNOWN) return;
    if (slots[fd] == OTHER || are_ours()) forget(fd);
}

void files_closed_range(unsigned first, unsigned last) {
    for (unsigned fd = first; fd <= last && fd < DESCRIPTORS; fd++) files_closed((int)fd);
}

bool files_knows(int fd) {
    return fd >= 0 && fd < DESCRIPTORS && slots[fd] != UNKNOWN;
}

void files_opened(int fd, bool direct) {
    bool has_slot = fd >= 0 && fd < DESCRIPTORS;
    if ((has_slot && !direct && slots[fd] == OTHER) || !are_ours()) return;
    files_closed(fd);
    if (direct) files_find(fd);
    else if (has_slot) __atomic_store_n(&slots[fd], OTHER, __ATOMIC_RELEASE);
}

// TRAP: O_DIRECT switched off and on again makes no new file, with a warm-up of its own. Fixture: switches-direct.c
static void switch_file(struct direct_file *file, bool on) {
    if (!direct_files_switch(file, on)) return;
    if (on) phases_first_file_opened();
    else phases_last_file_closed();
}

void files_flags_changed(int fd) {
    if (fd < 0 || fd >= DESCRIPTORS || !are_ours()) return;
    uint16_t slot = slots[fd];
    bool direct = is_direct(fd);
    if (slot >= FIRST_FILE) {
        switch_file(&direct_files[slot - FIRST_FILE], direct);
    } else if (direct) {
        // The flag belongs to the open file, so all descriptors that share the file change. Which those are is not known. They
        // are examined again at their next use.
        for (int other = 0; other < DESCRIPTORS; other++)
            if (slots[other] == OTHER) forget(other);
        files_find(fd);
    }
}

// Replaces the copy's old file by the new one in one step: another thread may be using the descriptor meanwhile, as where a
// log file is replaced, and must find one file or the other.
void files_duplicated(int fd, int copy) {
    if (fd == copy || copy < 0) return;
    struct direct_file *file = named(fd);
    if (!file) {
        files_closed(copy);
    } else if (copy >= DESCRIPTORS) {
        files_note_lost();
    } else if (are_ours()) {
        direct_files_keep(file);
        uint16_t slot = (uint16_t)(file - direct_files + FIRST_FILE);
        uint16_t before = __atomic_exchange_n(&slots[copy], slot, __ATOMIC_ACQ_REL);
        if (before >= FIRST_FILE) files_drop(&direct_files[before - FIRST_FILE]);
    }
}
