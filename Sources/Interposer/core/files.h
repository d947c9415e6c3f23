// The process's O_DIRECT files: which descriptors name which open file, and how warm each file is.
//
// Regular files and block devices only: O_DIRECT on a pipe means packets (pipe(2)), and nothing is transferred to a
// disk there. Descriptors that came without our seeing it (inherited, received, opened by a direct system call) are
// looked at when they are first used.
#ifndef DIOAUDIT_FILES_H
#define DIOAUDIT_FILES_H

#include <stdbool.h>
#include <stdint.h>

enum direction { DIRECTION_READ, DIRECTION_WRITE, DIRECTIONS };

// One open file, however many descriptors (dup, io_uring's registered files) name it.
struct direct_file {
    uint32_t names;               // descriptors and registrations; 0 while free
    uint64_t started[DIRECTIONS]; // transfers begun; less than `done` never
    uint64_t done[DIRECTIONS];    // transfers that moved data
};

// The O_DIRECT file that a descriptor names, or null.
struct direct_file *files_find(int fd);

// Whether it has been seen being opened or used. One that has not may be a stream's, which libc opens by internal names.
bool files_knows(int fd);

// A descriptor is new; `direct`: O_DIRECT was asked for.
void files_opened(int fd, bool direct);
// fcntl(F_SETFL) may have set or cleared O_DIRECT.
void files_flags_changed(int fd);
// Call before the descriptor is closed: afterwards another thread may have it anew.
void files_closed(int fd);
void files_closed_range(unsigned first, unsigned last);
void files_duplicated(int fd, int copy);

// A further name that is no descriptor, and its end.
void files_keep(struct direct_file *file);
void files_drop(struct direct_file *file);

// Transfers on an O_DIRECT file pass unseen: there was no room to follow it.
void files_note_lost(void);

// In a forked child: the files are its own from now on, and it has done no transfer on them.
void files_forget_transfers(void);

// The first `warmup` transfers of a file in each direction are its warm-up: true if the one that begins or has moved
// its data is among them. One that moved none gives its place up.
bool files_begin(struct direct_file *file, enum direction direction, uint64_t warmup);
bool files_finish(struct direct_file *file, enum direction direction, uint64_t warmup);
void files_give_up(struct direct_file *file, enum direction direction, uint64_t warmup);

// True when no file is in the middle of its warm-up.
bool files_all_warm(void);

#endif
