// An assertion inside a process: a count of the events of the threads that are in it.
#ifndef DIOAUDIT_ASSERTION_H
#define DIOAUDIT_ASSERTION_H

#include "include/dioaudit_assertions.h"
#include "ledger_abi.h"

// An assertion that a thread is in, and the one around it. On the thread's stack, or in the assertion itself.
struct assertion_entry {
    struct dioaudit_assertion *assertion;
    struct assertion_entry *outer;
};

struct dioaudit_assertion {
    struct dioaudit_cell cells[DIOAUDIT_EVENT_COUNT];
    uint64_t kinds;
    uint64_t threads, children;     // that it started
    struct assertion_sites *sites;  // null until the first is needed
    struct assertion_entry entry;   // of begin and end
};

// Counts an event of the calling thread in each assertion that it is in.
void assertion_note(enum dioaudit_event event, uint64_t bytes);

// The calling thread starts another, or a process: which is in none of them.
void assertion_note_thread(void);
void assertion_note_child(void);

#endif
