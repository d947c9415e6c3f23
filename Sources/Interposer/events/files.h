// Maps descriptors to O_DIRECT files.
//
// Regular files and block devices only: O_DIRECT on a pipe means packets (pipe(2)), which move no data to a disk.
//
// A descriptor's number may come to name another file in ways that are not seen: direct system calls, io_uring, SCM_RIGHTS,
// pidfd_getfd, libc's internal names. So what is known of a number is a guess, and files_find asks the kernel each time. A change
// that is found out so is handled as the close and the opening that it was. Fixtures: changes-descriptors.c, closes-by-uring.c
#ifndef DIOAUDIT_FILES_H
#define DIOAUDIT_FILES_H

#include "../tables/direct_files.h"

// The O_DIRECT file that a descriptor names, or null.
struct direct_file *files_find(int fd);

// Whether the descriptor was seen being opened or used. Else it may be a stream's, which libc opens by internal names.
bool files_knows(int fd);

// A descriptor is new; `direct`: O_DIRECT was asked for.
void files_opened(int fd, bool direct);
// fcntl(F_SETFL) may have set or cleared O_DIRECT. True if it set it on a file that was not known.
bool files_flags_changed(int fd);
// Call before the descriptor is closed: afterwards another thread may reuse it.
void files_closed(int fd);
void files_closed_range(unsigned first, unsigned last);
void files_duplicated(int fd, int copy);

// The calling thread has a table of descriptors of its own from now on (unshare(2), CLONE_FILES).
void files_unshared(void);

// The kernel was asked to close the descriptor, and may do so at any time from now on (IORING_OP_CLOSE).
void files_closing(int fd);

// Looks which of those it has closed: before an event or a transfer is put down to a phase.
extern uint32_t files_are_closing __attribute__((visibility("hidden")));
void files_look_again(void);
static inline void files_notice_closed(void) {
    if (__builtin_expect(files_are_closing, 0)) files_look_again();
}

// Removes one name of the file: a descriptor, or one that direct_files_keep added.
void files_drop(struct direct_file *file);

// Notes that transfers on an O_DIRECT file will not be seen: the tables had no room for it.
void files_note_lost(void);

#endif
