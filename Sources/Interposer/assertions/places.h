// The call stacks of an assertion: events of one kind with the same stack are one place.
#ifndef DIOAUDIT_PLACES_H
#define DIOAUDIT_PLACES_H

#include "include/dioaudit_assertions.h"
#include "ledger_abi.h"

struct assertion_sites;

// Counts an event at the caller's stack. The memory is mapped at the first; what it has no room for is in the counts alone.
void places_note(struct assertion_sites **sites, enum dioaudit_event event, uint64_t bytes);

bool places_at(const struct assertion_sites *sites, uint32_t index, struct dioaudit_assertion_site *site);
void places_free(struct assertion_sites *sites);

#endif
