// The objects that the dynamic linker has loaded.
#ifndef DIOAUDIT_OBJECTS_H
#define DIOAUDIT_OBJECTS_H

#include <stdbool.h>
#include <stdint.h>

struct link_map;

// Where the interposer's own code lies: all of its library or, where it is linked into a program, a section (rules.h).
#ifdef DIOAUDIT_IN_PROCESS
extern const char objects_ours[] __asm__("__start_dioaudit_text") __attribute__((visibility("hidden")));
extern const char objects_ours_end[] __asm__("__stop_dioaudit_text") __attribute__((visibility("hidden")));
#else
extern const char objects_ours[] __asm__("__ehdr_start") __attribute__((visibility("hidden")));
extern const char objects_ours_end[] __asm__("_end") __attribute__((visibility("hidden")));
#endif

static inline bool objects_is_ours(uintptr_t address) {
    return address - (uintptr_t)objects_ours < (uintptr_t)objects_ours_end - (uintptr_t)objects_ours;
}

// The object that holds an address, or null.
const struct link_map *objects_find(uintptr_t address);

// Whether it was loaded before another, and so comes first where the linker looks a name up.
bool objects_precedes(const struct link_map *first, const struct link_map *other);

// What an object exports by this name, of any version; null if nothing. By its own tables, since dlsym may be another's.
void *objects_symbol(const struct link_map *object, const char *name);

// The .eh_frame_hdr of the object that holds an address, or null.
const uint8_t *objects_eh_frame(uintptr_t address);

#endif
