// A file of /proc, read line by line. One reader at a time: all of it happens between phases, under the phase lock.
#ifndef DIOAUDIT_PROCFILE_H
#define DIOAUDIT_PROCFILE_H

#include <stdbool.h>
#include <stdint.h>

bool procfile_open(const char *path);
void procfile_close(void);

// The next line without its end, cut to 511 bytes; null at the end of the file.
const char *procfile_line(void);

// The first decimal number in a text, or 0.
uint64_t procfile_number(const char *text);

// Where in a line of proc_pid_stat(5) a field after the name (2) begins, counted from 1; null if it has fewer.
const char *procfile_stat_field(const char *line, int number);

#endif
