// Names of addresses in the calling program.
#ifndef DIOAUDIT_NAMES_H
#define DIOAUDIT_NAMES_H

#include <stdint.h>

struct names;

// Null if the program's files cannot be read: then frames have modules and offsets alone.
struct names *names_open(void);
void names_close(struct names *names);

// `function file:line (module+0xoffset)`, as far as it is known.
void names_write(struct names *names, uintptr_t address, char *text, unsigned long room);

#endif
