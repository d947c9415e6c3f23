#include "direct_files.h"

#include "../state/ledger.h"
#include "../rules.h"

struct direct_file direct_files[DIRECT_FILES];

static uint32_t open_files;
static uint32_t warming;  // pairs of file and direction that have begun their warm-up and not ended it

struct direct_file *direct_files_claim(bool *is_first) {
    for (uint32_t i = 0; i < DIRECT_FILES; i++) {
        uint32_t names = 0;
        if (!__atomic_compare_exchange_n(&direct_files[i].names, &names, 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            continue;
        for (int direction = 0; direction < DIRECTIONS; direction++)
            direct_files[i].started[direction] = direct_files[i].done[direction] = 0;
        *is_first = __atomic_fetch_add(&open_files, 1, __ATOMIC_ACQ_REL) == 0;
        return &direct_files[i];
    }
    return NULL;
}

void direct_files_keep(struct direct_file *file) {
    __atomic_fetch_add(&file->names, 1, __ATOMIC_RELAXED);
}

static void end_warmup(struct direct_file *file, enum direction direction) {
    uint64_t warmup = ledger->config.warmup_transfers;
    if (file->started[direction] > 0 && file->done[direction] < warmup)
        __atomic_fetch_sub(&warming, 1, __ATOMIC_RELAXED);
}

bool direct_files_drop(struct direct_file *file) {
    if (__atomic_load_n(&file->names, __ATOMIC_ACQUIRE) == 1) {
        // The last name: nobody transfers any more, so these are stable.
        end_warmup(file, DIRECTION_READ);
        end_warmup(file, DIRECTION_WRITE);
        file->started[DIRECTION_READ] = file->started[DIRECTION_WRITE] = 0;
    }
    if (__atomic_sub_fetch(&file->names, 1, __ATOMIC_ACQ_REL) > 0) return false;
    return __atomic_sub_fetch(&open_files, 1, __ATOMIC_ACQ_REL) == 0;
}

void direct_files_forget_transfers(void) {
    warming = 0;
    for (uint32_t i = 0; i < DIRECT_FILES; i++)
        for (int direction = 0; direction < DIRECTIONS; direction++)
            direct_files[i].started[direction] = direct_files[i].done[direction] = 0;
}

// MARK: warm-up

bool direct_files_begin(struct direct_file *file, enum direction direction, uint64_t warmup) {
    uint64_t started = __atomic_fetch_add(&file->started[direction], 1, __ATOMIC_RELAXED);
    if (started == 0 && warmup > 0) __atomic_fetch_add(&warming, 1, __ATOMIC_RELAXED);
    return started < warmup;
}

bool direct_files_finish(struct direct_file *file, enum direction direction, uint64_t warmup) {
    uint64_t done = __atomic_fetch_add(&file->done[direction], 1, __ATOMIC_RELAXED);
    if (done + 1 == warmup) __atomic_fetch_sub(&warming, 1, __ATOMIC_RELEASE);
    return done < warmup;
}

void direct_files_give_up(struct direct_file *file, enum direction direction, uint64_t warmup) {
    uint64_t started = __atomic_sub_fetch(&file->started[direction], 1, __ATOMIC_RELAXED);
    if (started == 0 && warmup > 0) __atomic_fetch_sub(&warming, 1, __ATOMIC_RELAXED);
}

bool direct_files_all_warm(void) {
    return __atomic_load_n(&warming, __ATOMIC_ACQUIRE) == 0;
}
