// The memory of sites: what the arena holds, and pieces behind it in the ledger's file, which are mapped when they are needed.
#ifndef DIOAUDIT_SITE_MEMORY_H
#define DIOAUDIT_SITE_MEMORY_H

#include "ledger_abi.h"

// Takes memory for a site with room for so many frames, all zero, and gives its place (1 + its offset). Null if there is no more.
struct dioaudit_site *site_memory_take(uint32_t frames, uint32_t *place);

// The site at a place, which is not 0. Null if its memory cannot be mapped.
struct dioaudit_site *site_memory_at(uint32_t place);

// Touches what this process has mapped of it, for a child that was forked.
void site_memory_touch(void);

// Bytes that are mapped by now, and the page faults that this took. The process did neither.
uint64_t site_memory_mapped(void);
uint64_t site_memory_faults(void);

#endif
