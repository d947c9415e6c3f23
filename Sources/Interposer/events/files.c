#include "files.h"

#include <fcntl.h>
#include <linux/kcmp.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "../base/system.h"
#include "../life/attach.h"
#include "../phases/phases.h"
#include "../state/context.h"
#include "../state/identity.h"
#include "../state/ledger.h"
#include "../rules.h"

enum {
    DESCRIPTORS = 16384,
    UNKNOWN = 0,  // not looked at yet
    OTHER = 1     // no O_DIRECT file
};

static uint16_t slots[DESCRIPTORS];  // by descriptor: UNKNOWN, OTHER, or a file's

static uint16_t slot_of(int fd) {
    return fd >= 0 && fd < DESCRIPTORS ? __atomic_load_n(&slots[fd], __ATOMIC_ACQUIRE) : (uint16_t)UNKNOWN;
}

static uint16_t slot_for(const struct direct_file *file) {
    return file ? direct_files_slot(file) : (uint16_t)OTHER;
}

void files_note_lost(void) {
    __atomic_fetch_add(&process.record->lost_files, 1, __ATOMIC_RELAXED);
}

// MARK: whose descriptors

static bool differs_from_first_thread(int what) {
    return SYSTEM(SYS_kcmp, SYSTEM(SYS_getpid), SYSTEM(SYS_gettid), what, 0, 0) > 0;
}

// A filter (seccomp(2)) may refuse kcmp: then unshare, if it was seen, says so.
// TRAP: a first thread that has ended has no table, and no memory either. Fixture: first-thread-ends.c
static bool has_own_table(void) {
    return context.own_descriptors || (differs_from_first_thread(KCMP_FILES) && !differs_from_first_thread(KCMP_VM));
}

void files_unshared(void) {
    context.own_descriptors = SYSTEM(SYS_gettid) != SYSTEM(SYS_getpid) || process.record->threads_created > 0;
}

// TRAP: a vfork child shares our memory but not our descriptors: a descriptor that it closes stays open here, and one that it
// opens is not open here. The check is a system call, so only changes make it. Fixtures: vforks-and-execs.c,
// vforks-and-exits.c
// TRAP: so does a thread after unshare(CLONE_FILES). Fixture: unshares-descriptors.c
static bool are_ours(void) {
    return is_attached() && process_is_ours() && !has_own_table();
}

// MARK: asking the kernel

enum { NO_FILE_ON_DISK = 0 };

struct answer {
    enum { REFUSED, CLOSED, NOT_DIRECT, DIRECT } kind;
    long flags;
    identity identity;  // of an O_DIRECT file; NO_FILE_ON_DISK for others
    bool may_be_memory; // a file of a file system without a device
};

static bool is_on_disk(mode_t mode) {
    return S_ISREG(mode) || S_ISBLK(mode);
}

// fcntl cannot change a file's access.
static bool identify(int fd, struct answer *answer) {
    struct stat status;
    if (SYSTEM(SYS_fstat, fd, &status) != 0) return false;
    // A device's node lies on such a file system (devtmpfs), and its transfers go elsewhere. Test: DriverTests.worksOnABlockDevice
    answer->may_be_memory = major(status.st_dev) == 0 && S_ISREG(status.st_mode);
    uint64_t mixed = (uint64_t)status.st_dev * 0x9e3779b97f4a7c15ull ^ (uint64_t)status.st_ino << 2 ^ (uint64_t)(answer->flags & O_ACCMODE);
    answer->identity = !is_on_disk(status.st_mode) ? (uint64_t)NO_FILE_ON_DISK : mixed ? mixed : 1;
    return true;
}

// A filter (seccomp(2)) may refuse fcntl or fstat: then the file may be an O_DIRECT file. Fixture: refuses-questions.c
static struct answer refused(void) {
    files_note_lost();
    return (struct answer){.kind = REFUSED};
}

static struct answer ask(int fd) {
    long flags = SYSTEM(SYS_fcntl, fd, F_GETFL);
    if (flags < 0) return flags == -EBADF ? (struct answer){.kind = CLOSED} : refused();
    struct answer answer = {.kind = NOT_DIRECT, .flags = flags};
    if (likely(!(flags & O_DIRECT))) return answer;
    if (!identify(fd, &answer)) return refused();
    if (answer.identity != NO_FILE_ON_DISK) answer.kind = DIRECT;
    return answer;
}

// MARK: names

void files_drop(struct direct_file *file) {
    if (direct_files_drop(file)) phases_last_file_closed();
}

static void forget(int fd) {
    uint16_t slot = __atomic_exchange_n(&slots[fd], UNKNOWN, __ATOMIC_ACQ_REL);
    if (slot >= FIRST_FILE) files_drop(direct_files_in(slot));
}

// TRAP: O_DIRECT switched off and on again makes no new file, with a warm-up of its own. Fixture: switches-direct.c
static void switch_file(struct direct_file *file, bool on) {
    if (!direct_files_switch(file, on)) return;
    if (on) phases_first_file_opened();
    else phases_last_file_closed();
}

// A file of which another descriptor is known is no new one: it was duplicated by ways that were not seen, or will be found in
// the table as soon as the thread that duplicates it has noted that. Fixtures: changes-descriptors.c, replaces-descriptors.c
static struct direct_file *adopt_or_claim(identity identity, bool may_be_known) {
    struct direct_file *file = may_be_known ? direct_files_adopt(identity) : NULL;
    if (file) return file;
    bool is_first = false;
    file = direct_files_claim(identity, &is_first);
    if (file) __atomic_fetch_add(&process.record->direct_files, 1, __ATOMIC_RELAXED);
    if (is_first) phases_first_file_opened();
    return file;
}

// TRAP: tmpfs takes O_DIRECT since Linux 6.6, and its page cache is all that it has. Such a file system has no device of its own,
// so that others need no further question. Test: BlindSpotTests
static void note_memory(int fd) {
    struct statfs system;
    if (SYSTEM(SYS_fstatfs, fd, &system) != 0)
        __atomic_fetch_add(&process.record->unknown_file_systems, 1, __ATOMIC_RELAXED);
    else if (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC)
        __atomic_fetch_add(&process.record->memory_files, 1, __ATOMIC_RELAXED);
}

// Stores in an empty slot what a descriptor was found to name.
static struct direct_file *store(int fd, struct answer answer, bool may_be_known) {
    bool direct = answer.kind == DIRECT;
    struct direct_file *file = direct && fd < DESCRIPTORS ? adopt_or_claim(answer.identity, may_be_known) : NULL;
    if (direct && !file) files_note_lost();
    if (file && answer.may_be_memory) note_memory(fd);
    if (fd >= DESCRIPTORS) return NULL;
    uint16_t slot = slot_of(fd);
    if (slot < FIRST_FILE && __atomic_compare_exchange_n(&slots[fd], &slot, slot_for(file), false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return file;
    // Another thread looked, too, and stored its result first.
    if (file) files_drop(file);
    return direct_files_in(slot);
}

// A thread's own table: its numbers are no names of ours, but its files may be.
static struct direct_file *find_elsewhere(struct answer answer) {
    if (answer.kind != DIRECT) return NULL;
    struct direct_file *file = direct_files_adopt(answer.identity);
    if (!file) files_note_lost();
    else files_drop(file);
    return file;
}

// The file lost its O_DIRECT, if it is still the same.
static bool was_switched_off(int fd, const struct direct_file *file, struct answer answer) {
    return answer.kind == NOT_DIRECT && identify(fd, &answer) && file->identity == answer.identity;
}

// The descriptor is not what the table says: makes up for the changes that were not seen.
static struct direct_file *catch_up(int fd, struct answer answer) {
    if (!process_is_ours()) return NULL;
    if (has_own_table()) return find_elsewhere(answer);
    uint16_t slot = slot_of(fd);
    struct direct_file *file = direct_files_in(slot);
    if (!file) return store(fd, answer, true);
    if (answer.kind == DIRECT && file->identity == answer.identity) {
        switch_file(file, true);
        return file;
    }
    if (was_switched_off(fd, file, answer)) {
        switch_file(file, false);
        return file;
    }
    if (__atomic_compare_exchange_n(&slots[fd], &slot, UNKNOWN, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) files_drop(file);
    return store(fd, answer, true);
}

static bool agrees(uint16_t slot, struct answer answer) {
    const struct direct_file *file = direct_files_in(slot);
    switch (answer.kind) {
        case REFUSED: return slot != UNKNOWN;
        case DIRECT: return file && direct_files_is_on(file) && file->identity == answer.identity;
        default: return slot == OTHER || (file && !direct_files_is_on(file));
    }
}

static struct direct_file *look(int fd) {
    uint16_t slot = slot_of(fd);
    struct answer answer = ask(fd);
    return likely(agrees(slot, answer)) ? direct_files_in(slot) : catch_up(fd, answer);
}

// The file that a descriptor names, though its O_DIRECT may be off.
static struct direct_file *named(int fd) {
    // Not attached yet: a later use looks at the descriptor.
    if (unlikely(fd < 0) || !process.phase) return NULL;
    return look(fd);
}

struct direct_file *files_find(int fd) {
    struct direct_file *file = named(fd);
    return unlikely(file) && direct_files_is_on(file) ? file : NULL;
}

// MARK: what is seen to change

void files_closed(int fd) {
    if (fd < 0 || fd >= DESCRIPTORS || slots[fd] == UNKNOWN) return;
    if (slots[fd] == OTHER || are_ours()) forget(fd);
}

void files_closed_range(unsigned first, unsigned last) {
    for (unsigned fd = first; fd <= last && fd < DESCRIPTORS; fd++) files_closed((int)fd);
}

bool files_knows(int fd) {
    return slot_of(fd) != UNKNOWN;
}

void files_opened(int fd, bool direct) {
    if ((!direct && slot_of(fd) == OTHER) || !are_ours()) return;
    files_closed(fd);
    if (fd < 0) return;
    store(fd, direct ? ask(fd) : (struct answer){.kind = NOT_DIRECT}, false);
}

bool files_flags_changed(int fd) {
    if (fd < 0 || !are_ours()) return false;
    struct answer answer = ask(fd);
    struct direct_file *file = direct_files_in(slot_of(fd));
    if (file) {
        switch_file(file, answer.kind == DIRECT);
        return false;
    }
    if (answer.kind != DIRECT) return false;
    // The flag belongs to the open file, so all descriptors that share the file change. Which those are is not known. They
    // are examined again at their next use.
    for (int other = 0; other < DESCRIPTORS; other++)
        if (slots[other] == OTHER) forget(other);
    look(fd);
    return true;
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
        uint16_t before = __atomic_exchange_n(&slots[copy], slot_for(file), __ATOMIC_ACQ_REL);
        if (before >= FIRST_FILE) files_drop(direct_files_in(before));
    }
}

// MARK: closes that come later

// TRAP: IORING_OP_CLOSE may run in a kernel thread, after the submission. The file is open until then. Fixture: closes-by-uring.c
enum { CLOSING = 64 };
static int32_t closing[CLOSING];  // descriptors plus one; 0 while free

uint32_t files_are_closing;

static bool is_open_still(int fd) {
    if (slot_of(fd) < FIRST_FILE) return false;
    look(fd);
    return slot_of(fd) >= FIRST_FILE;
}

void files_closing(int fd) {
    if (!is_open_still(fd) || !are_ours()) return;
    for (int i = 0; i < CLOSING; i++) {
        int32_t none = 0;
        if (!__atomic_compare_exchange_n(&closing[i], &none, fd + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) continue;
        __atomic_fetch_add(&files_are_closing, 1, __ATOMIC_RELEASE);
        return;
    }
    files_note_lost();
}

void files_look_again(void) {
    for (int i = 0; i < CLOSING; i++) {
        int32_t fd = __atomic_load_n(&closing[i], __ATOMIC_ACQUIRE);
        if (fd == 0 || is_open_still(fd - 1)) continue;
        if (__atomic_compare_exchange_n(&closing[i], &fd, 0, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            __atomic_fetch_sub(&files_are_closing, 1, __ATOMIC_RELEASE);
    }
}
