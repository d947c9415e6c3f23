// THE RULES OF THIS ROOM. Everything under Interposer/ runs inside somebody else's program, on its stacks, in its
// signal handlers, between its system calls. Include this file last; what the preprocessor can enforce, it does.
//
//  1. Count every call in every phase, exactly. No lock and no system call on the counting path.
//  2. Nothing done here may show up as the subject's: no allocation, no mapping after start, no page fault later
//     (all that will be touched is touched in attach), no descriptor left open.
//  3. Be invisible: same return values, same errno, no output, no signal handlers, no threads, no header in front
//     of a block.
//  4. Anything here may be interrupted by a signal whose handler allocates, may be left by longjmp, and may go on
//     in a forked child. State is therefore changed by single instructions, never under a
//     lock, save at the edges of phases, where signals are blocked (state/phase_lock.h).
//  5. Libc's own functions are reached through tables/next.h, the kernel through base/system.h; nothing else is called but
//     string.h and what the comment beside the call defends.
//  6. What could not be recorded is counted as lost, never dropped.
//  7. A folder includes only those below it: base, state, tables, phases, life, events, interpose (make lint).
#ifndef DIOAUDIT_RULES_H
#define DIOAUDIT_RULES_H

#include "interposed.h"  // first: its headers declare what is poisoned below

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)
#define INTERPOSED __attribute__((visibility("default")))
#define HIDDEN __attribute__((visibility("hidden")))
#define THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))  // no allocation on first use

#pragma GCC poison printf fprintf sprintf snprintf vprintf puts fputs fopen perror strerror
#pragma GCC poison strdup asprintf backtrace pthread_mutex_lock pthread_key_create
#ifndef DIOAUDIT_DEFINES_ALLOCATION
#pragma GCC poison malloc calloc realloc reallocarray posix_memalign aligned_alloc memalign sbrk
#endif

#endif
