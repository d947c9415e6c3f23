// The process's O_DIRECT files, and how warm each is.
#ifndef DIOAUDIT_DIRECT_FILES_H
#define DIOAUDIT_DIRECT_FILES_H

#include <stdbool.h>
#include <stdint.h>

enum direction { DIRECTION_READ, DIRECTION_WRITE, DIRECTIONS };

// One open file, however many descriptors (dup, io_uring's registered files) name it.
struct direct_file {
    uint32_t names;               // descriptors and registrations; 0 while free
    uint64_t started[DIRECTIONS]; // transfers begun; less than `done` never
    uint64_t done[DIRECTIONS];    // transfers that moved data
};

enum { DIRECT_FILES = 1000 };
extern struct direct_file direct_files[DIRECT_FILES] __attribute__((visibility("hidden")));

// A file that has one name, or null if there is no room; `is_first`: no other is open.
struct direct_file *direct_files_claim(bool *is_first);

// A further name, and the end of one: true if with it the last open file was closed.
void direct_files_keep(struct direct_file *file);
bool direct_files_drop(struct direct_file *file);

// In a forked child: the files are its own from now on, and it has done no transfer on them.
void direct_files_forget_transfers(void);

// The first `warmup` transfers of a file in each direction are its warm-up: true if the one that begins or has moved
// its data is among them. One that moved none gives its place up.
bool direct_files_begin(struct direct_file *file, enum direction direction, uint64_t warmup);
bool direct_files_finish(struct direct_file *file, enum direction direction, uint64_t warmup);
void direct_files_give_up(struct direct_file *file, enum direction direction);

// True when no file is in the middle of its warm-up.
bool direct_files_all_warm(void);

#endif
