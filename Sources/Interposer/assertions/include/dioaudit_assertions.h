// What a thread allocates between two points of a test, by kind and by call stack: the part that DioauditTesting and
// libdioaudit_test share. Linked into the program, the interposed functions come before libc's: no environment is needed.
#ifndef DIOAUDIT_ASSERTIONS_H
#define DIOAUDIT_ASSERTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dioaudit_assertion dioaudit_assertion;

// Why a count of the calling thread would mean nothing, in words; null if its calls, and libc's own, are counted. Ask before each
// assertion: what was not observed is no pass.
const char *dioaudit_assertion_obstacle(void);

// Events by number, from 0 on: the report's key of each; null after the last. The last two are page faults.
const char *dioaudit_assertion_key(uint32_t event);

// Whether page faults are counted: to ask for them takes two system calls of each thread that is in the assertion.
enum dioaudit_assertion_faults {
    DIOAUDIT_ASSERTION_FAULTS_IF_LOCKED,  // while mlockall's MCL_FUTURE is in effect
    DIOAUDIT_ASSERTION_FAULTS_FORBIDDEN,  // always
    DIOAUDIT_ASSERTION_FAULTS_ALLOWED     // never
};

// Around an assertion, its warm-up included: a program that ends in between (exit, _exit, quick_exit) is told of, and aborts.
void dioaudit_assertion_opened(void);
void dioaudit_assertion_closed(int count);

// What tells of it, in place of a message.
void dioaudit_assertion_at_end(void (*tell)(void));

// `kinds` has a bit for each event of which stacks are kept; all are counted. Null if there is no memory.
dioaudit_assertion *dioaudit_assertion_make(uint64_t kinds, enum dioaudit_assertion_faults faults);
void dioaudit_assertion_free(dioaudit_assertion *assertion);

// The events of the calling thread count from begin to end. Assertions nest on a thread: an event counts in each. Neither
// allocates.
void dioaudit_assertion_begin(dioaudit_assertion *assertion);
void dioaudit_assertion_end(dioaudit_assertion *assertion);

// The same around `work`, which may run on several threads at a time.
void dioaudit_assertion_run(dioaudit_assertion *assertion, void (*work)(void *), void *argument);

// Whether the calling thread's events count in it now.
bool dioaudit_assertion_is_in(const dioaudit_assertion *assertion);

// Between these two the thread's events count nowhere. They nest.
void dioaudit_assertion_suspend(void);
void dioaudit_assertion_resume(void);

struct dioaudit_assertion_count {
    uint64_t calls, bytes;
};

struct dioaudit_assertion_count dioaudit_assertion_counted(const dioaudit_assertion *assertion, uint32_t event);

// Whether page faults were counted.
bool dioaudit_assertion_knows_faults(const dioaudit_assertion *assertion);

// Whether page faults were not judged since there was no lock: whoever tells of the assertion says so.
bool dioaudit_assertion_leaves_faults(const dioaudit_assertion *assertion);

// Why page faults, or the memory lock, are not as they must be known for a pass, in words; null if they are.
const char *dioaudit_assertion_faults_unseen(const dioaudit_assertion *assertion);

// The flags of mlockall that were in effect in all of it.
uint32_t dioaudit_assertion_lock(const dioaudit_assertion *assertion);

// Threads that those in it started (pthread_create, thrd_create), and processes (fork, clone), whose events do not count in it.
uint64_t dioaudit_assertion_threads(const dioaudit_assertion *assertion);
uint64_t dioaudit_assertion_children(const dioaudit_assertion *assertion);

// A call stack with its kind, in the order in which they came. Frames are addresses inside the calling instruction, innermost first.
struct dioaudit_assertion_site {
    struct dioaudit_assertion_count count;
    uint32_t event, depth;
    int32_t tid;
    bool truncated;
    const char *thread;
    const uintptr_t *frames;
};

// False after the last. Two sites may have one stack, if two threads were there first.
bool dioaudit_assertion_site(const dioaudit_assertion *assertion, uint32_t index, struct dioaudit_assertion_site *site);

// The file that holds an address, and how far the addresses in it were moved. False if none does.
bool dioaudit_assertion_module(uintptr_t address, const char **path, uintptr_t *bias);

#ifdef __cplusplus
}
#endif

#endif
