// The objects that the dynamic linker has loaded.
#ifndef DIOAUDIT_OBJECTS_H
#define DIOAUDIT_OBJECTS_H

#include <stdint.h>

struct link_map;

// The object that holds an address, or null.
const struct link_map *objects_find(uintptr_t address);

// The .eh_frame_hdr of that object, or null.
const uint8_t *objects_eh_frame(uintptr_t address);

#endif
