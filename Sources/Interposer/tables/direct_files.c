#include "direct_files.h"

#include <stddef.h>

#include "../state/ledger.h"
#include "../rules.h"

struct direct_file direct_files[DIRECT_FILES];

static uint32_t open_files;  // those with O_DIRECT on

// Barriers: changes of `names` and `open_files` acquire and release, and pair with each other: a thread that claims a file
// sees all that its last user did, and one that opens the first file sees that the last was closed. `done` is raised by
// release in direct_files_finish and read by acquire in direct_files_all_warm.
struct direct_file *direct_files_claim(identity identity, bool *is_first) {
    for (uint32_t i = 0; i < DIRECT_FILES; i++) {
        uint32_t names = 0;
        if (!__atomic_compare_exchange_n(&direct_files[i].names, &names, 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            continue;
        for (int direction = 0; direction < DIRECTIONS; direction++)
            direct_files[i].started[direction] = direct_files[i].done[direction] = 0;
        direct_files[i].identity = identity;
        __atomic_store_n(&direct_files[i].is_off, 0, __ATOMIC_RELAXED);
        *is_first = __atomic_fetch_add(&open_files, 1, __ATOMIC_ACQ_REL) == 0;
        return &direct_files[i];
    }
    return NULL;
}

// Another thread may claim the place while it is compared here, so that the wrong file is adopted: the next transfer on the
// descriptor compares again.
struct direct_file *direct_files_adopt(identity identity) {
    uint32_t unseen = __atomic_load_n(&open_files, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < DIRECT_FILES && unseen > 0; i++) {
        uint32_t names = __atomic_load_n(&direct_files[i].names, __ATOMIC_ACQUIRE);
        if (names == 0 || !direct_files_is_on(&direct_files[i])) continue;
        unseen--;
        if (direct_files[i].identity != identity) continue;
        while (names > 0 && !__atomic_compare_exchange_n(&direct_files[i].names, &names, names + 1, false, __ATOMIC_ACQ_REL,
                                                         __ATOMIC_ACQUIRE)) {}
        if (names > 0) return &direct_files[i];
    }
    return NULL;
}

void direct_files_keep(struct direct_file *file) {
    __atomic_fetch_add(&file->names, 1, __ATOMIC_RELAXED);
}

bool direct_files_drop(struct direct_file *file) {
    bool was_on = direct_files_is_on(file);  // looked at while nobody else can have its place
    if (__atomic_sub_fetch(&file->names, 1, __ATOMIC_ACQ_REL) > 0) return false;
    return was_on && __atomic_sub_fetch(&open_files, 1, __ATOMIC_ACQ_REL) == 0;
}

bool direct_files_switch(struct direct_file *file, bool on) {
    if (__atomic_exchange_n(&file->is_off, !on, __ATOMIC_ACQ_REL) == !on) return false;
    return on ? __atomic_fetch_add(&open_files, 1, __ATOMIC_ACQ_REL) == 0
              : __atomic_sub_fetch(&open_files, 1, __ATOMIC_ACQ_REL) == 0;
}

bool direct_files_any(void) {
    return __atomic_load_n(&open_files, __ATOMIC_ACQUIRE) > 0;
}

void direct_files_forget_transfers(void) {
    for (uint32_t i = 0; i < DIRECT_FILES; i++)
        for (int direction = 0; direction < DIRECTIONS; direction++)
            direct_files[i].started[direction] = direct_files[i].done[direction] = 0;
}

// MARK: warm-up

bool direct_files_begin(struct direct_file *file, enum direction direction, uint64_t warmup) {
    return __atomic_fetch_add(&file->started[direction], 1, __ATOMIC_RELAXED) < warmup;
}

bool direct_files_finish(struct direct_file *file, enum direction direction, uint64_t warmup) {
    return __atomic_fetch_add(&file->done[direction], 1, __ATOMIC_RELEASE) < warmup;
}

// TRAP: the file may have been closed during the call, and its place may hold another file, which has no transfers yet.
// Fixture: replaces-descriptors.c
void direct_files_give_up(struct direct_file *file, enum direction direction) {
    uint64_t started = __atomic_load_n(&file->started[direction], __ATOMIC_RELAXED);
    while (started > 0 && !__atomic_compare_exchange_n(&file->started[direction], &started, started - 1, false,
                                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
}

static bool is_warming(const struct direct_file *file, enum direction direction) {
    return __atomic_load_n(&file->started[direction], __ATOMIC_RELAXED) > 0 &&
           __atomic_load_n(&file->done[direction], __ATOMIC_ACQUIRE) < ledger->config.warmup_transfers[direction];
}

// Searches all files: a running count would stay wrong after a file is closed during a transfer.
bool direct_files_all_warm(void) {
    uint32_t unseen = __atomic_load_n(&open_files, __ATOMIC_ACQUIRE);
    for (uint32_t i = 0; i < DIRECT_FILES && unseen > 0; i++) {
        if (__atomic_load_n(&direct_files[i].names, __ATOMIC_ACQUIRE) == 0 || !direct_files_is_on(&direct_files[i])) continue;
        if (is_warming(&direct_files[i], DIRECTION_READ) || is_warming(&direct_files[i], DIRECTION_WRITE)) return false;
        unseen--;
    }
    return true;
}
