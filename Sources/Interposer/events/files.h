// Which descriptors name which O_DIRECT file.
//
// Regular files and block devices only: O_DIRECT on a pipe means packets (pipe(2)), and nothing is transferred to a
// disk there. Descriptors that came without our seeing it (inherited, received, opened by a direct system call) are
// looked at when they are first used.
#ifndef DIOAUDIT_FILES_H
#define DIOAUDIT_FILES_H

#include "../tables/direct_files.h"

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

// One name of the file less: a descriptor, or another that direct_files_keep gave it.
void files_drop(struct direct_file *file);

// Transfers on an O_DIRECT file pass unseen: there was no room to follow it.
void files_note_lost(void);

#endif
