// The objects that are loaded, or were: the host names frames by their files, and looks into each for a malloc of its own.
#ifndef DIOAUDIT_MODULES_H
#define DIOAUDIT_MODULES_H

#include <stdint.h>

// The index in the ledger of the one that holds an address, or DIOAUDIT_NO_MODULE.
uint8_t modules_find(uintptr_t address);

// Lists all that are loaded now.
void modules_note_all(void);

#endif
