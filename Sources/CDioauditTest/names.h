// Names of addresses in the calling program.
#ifndef DIOAUDIT_NAMES_H
#define DIOAUDIT_NAMES_H

#include <stdint.h>

struct names;

// Null if the program's files cannot be read: then frames have modules and offsets alone.
struct names *names_open(void);
void names_close(struct names *names);

// Says a line for each function at an address, those that were inlined first: `function file:line (module+0xoffset)`, as far as it
// is known.
void names_say(struct names *names, uintptr_t address, void (*say)(void *to, const char *line), void *to);

#endif
