// The process's O_DIRECT files, and the transfers on each, by which its warm-up ends.
#ifndef DIOAUDIT_DIRECT_FILES_H
#define DIOAUDIT_DIRECT_FILES_H

#include <stdbool.h>
#include <stdint.h>

enum direction { DIRECTION_READ, DIRECTION_WRITE, DIRECTIONS };

// What distinguishes open files, as far as the kernel tells: device, inode and access, mixed into one number. Two openings of one
// file for the same access look alike.
typedef uint64_t identity;

// One open file. Several descriptors (dup) and registrations with an io_uring may name it.
struct direct_file {
    uint32_t names;               // descriptors and registrations; 0 while free
    uint32_t is_off;              // its O_DIRECT was taken away, and may be set again
    identity identity;
    uint64_t started[DIRECTIONS]; // transfers begun; never less than `done`
    uint64_t done[DIRECTIONS];    // transfers that moved data
};

enum { DIRECT_FILES = 1000 };
extern struct direct_file direct_files[DIRECT_FILES] __attribute__((visibility("hidden")));

// How a table's slot names a file. Lower numbers mean what the table says.
enum { FIRST_FILE = 2 };

static inline uint16_t direct_files_slot(const struct direct_file *file) {
    return (uint16_t)(file - direct_files + FIRST_FILE);
}

static inline struct direct_file *direct_files_in(uint16_t slot) {
    return slot >= FIRST_FILE ? &direct_files[slot - FIRST_FILE] : (struct direct_file *)0;
}

// Claims a file, with one name; null if the table is full. `is_first`: no other file is open.
struct direct_file *direct_files_claim(identity identity, bool *is_first);

// Gives a file of this identity, with O_DIRECT on, one more name; null if there is none.
struct direct_file *direct_files_adopt(identity identity);

// Add a name, and drop one. The second returns true if that closed the last open file.
void direct_files_keep(struct direct_file *file);
bool direct_files_drop(struct direct_file *file);

// O_DIRECT is set on the file, or taken away. The file stays the same, with the warm-up that it has had. True if it had been the
// other way, and no other file is open with O_DIRECT.
bool direct_files_switch(struct direct_file *file, bool on);

static inline bool direct_files_is_on(const struct direct_file *file) {
    return !__atomic_load_n(&file->is_off, __ATOMIC_RELAXED);
}

// Whether any file is open, with O_DIRECT on.
bool direct_files_any(void);

// In a forked child, which has done no transfer on its files yet.
void direct_files_forget_transfers(void);

// The first `warmup` transfers of a file in a direction are its warm-up there. True if the transfer that begins, or that has
// moved its data, is one of them. A transfer that moved no data does not count (direct_files_give_up).
bool direct_files_begin(struct direct_file *file, enum direction direction, uint64_t warmup);
bool direct_files_finish(struct direct_file *file, enum direction direction, uint64_t warmup);
void direct_files_give_up(struct direct_file *file, enum direction direction);

// True if every file that has begun its warm-up has finished it.
bool direct_files_all_warm(void);

#endif
