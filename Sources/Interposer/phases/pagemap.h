// Resident pages of a range, by /proc/self/pagemap. Several threads may ask at a time.
#ifndef DIOAUDIT_PAGEMAP_H
#define DIOAUDIT_PAGEMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Pages of a range, anonymous ones that no other process shares, and others; and those of all the address space.
struct memory_pages {
    uint64_t anonymous, others, mapped;
};

// Adds those of a range. False if not all of them could be told.
bool pagemap_count(struct memory_pages *pages, const void *at, size_t length);

#endif
