// Maps descriptors to O_DIRECT files.
//
// Regular files and block devices only: O_DIRECT on a pipe means packets (pipe(2)), which move no data to a disk. A descriptor
// whose opening was not seen (inherited, received, opened by a direct system call) is examined at its first use.
#ifndef DIOAUDIT_FILES_H
#define DIOAUDIT_FILES_H

#include "../tables/direct_files.h"

// The O_DIRECT file that a descriptor names, or null.
struct direct_file *files_find(int fd);

// Whether the descriptor was seen being opened or used. Else it may be a stream's, which libc opens by internal names.
bool files_knows(int fd);

// A descriptor is new; `direct`: O_DIRECT was asked for.
void files_opened(int fd, bool direct);
// fcntl(F_SETFL) may have set or cleared O_DIRECT.
void files_flags_changed(int fd);
// Call before the descriptor is closed: afterwards another thread may reuse it.
void files_closed(int fd);
void files_closed_range(unsigned first, unsigned last);
void files_duplicated(int fd, int copy);

// Removes one name of the file: a descriptor, or one that direct_files_keep added.
void files_drop(struct direct_file *file);

// Notes that transfers on an O_DIRECT file will not be seen: the tables had no room for it.
void files_note_lost(void);

#endif
