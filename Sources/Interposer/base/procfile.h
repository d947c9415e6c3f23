// Reads a file of /proc line by line. Of the memory, /proc/thread-self tells as long as any thread runs, and /proc/self only as long
// as the first one does (fixture: first-thread-ends.c). One reader at a time: the caller holds the phase-transition lock.
#ifndef DIOAUDIT_PROCFILE_H
#define DIOAUDIT_PROCFILE_H

#include <stdbool.h>
#include <stdint.h>

bool procfile_open(const char *path);
void procfile_close(void);

// Whether the file could not be opened or read because what it tells of has ended, and for no other reason.
bool procfile_has_ended(void);

// Bytes that were read so: the kernel counts them as read by the process.
extern uint64_t procfile_bytes __attribute__((visibility("hidden")));

// The next line without its end, cut to 511 bytes; null at the end of the file.
const char *procfile_line(void);

// The first decimal number in a text, or 0.
uint64_t procfile_number(const char *text);

// The beginning of a field in a line of proc_pid_stat(5), by its number there, which must be above 2 (the name). Null if the
// line has fewer fields.
const char *procfile_stat_field(const char *line, int number);

#endif
