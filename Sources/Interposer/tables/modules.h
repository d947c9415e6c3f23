// The objects that are or were loaded: the host names frames by their files, and searches each for a malloc of its own.
#ifndef DIOAUDIT_MODULES_H
#define DIOAUDIT_MODULES_H

#include <stdint.h>

// The index in the ledger of the object that holds an address, or DIOAUDIT_NO_MODULE.
uint8_t modules_find(uintptr_t address);

// Adds all objects that are loaded now, and returns for how many there was no room.
uint32_t modules_note_all(void);

#endif
