// An assertion inside a process: a count of the events of the threads that are in it.
#ifndef DIOAUDIT_ASSERTION_H
#define DIOAUDIT_ASSERTION_H

#include "include/dioaudit_assertions.h"
#include "ledger_abi.h"

// An assertion that a thread is in, and the one around it. On the thread's stack, or in the assertion itself.
struct assertion_entry {
    struct dioaudit_assertion *assertion;
    struct assertion_entry *outer;
    struct dioaudit_faults edge;  // the thread's page faults when it came in, if it
    bool judges_faults;
};

struct dioaudit_assertion {
    struct dioaudit_cell cells[DIOAUDIT_EVENT_COUNT];
    uint64_t kinds;
    uint64_t threads, children;     // that it started
    struct dioaudit_faults faults;  // if it
    uint32_t judges_faults;
    uint32_t faults_refused;
    uint32_t lock;                  // each state of the memory lock (lock.h) that there was when a thread came in
    uint32_t lock_lost;             // it was MCL_FUTURE then, and was not when the thread left
    enum dioaudit_assertion_faults mode;
    struct assertion_sites *sites;  // null until the first is needed
    struct assertion_entry entry;   // of begin and end
};

// Counts an event of the calling thread in each assertion that it is in.
void assertion_note(enum dioaudit_event event, uint64_t bytes);

// The calling thread starts another, or a process: which is in none of them.
void assertion_note_thread(void);
void assertion_note_child(void);

// In a forked child: those that are open are its parent's.
void endings_forget_the_parents(void);

// Once: what a thread first does in an assertion, it has done then.
void assertion_warm(void);

#endif
