// THE RULES OF THE INTERPOSER. All code under Interposer/ runs inside the subject: on its stacks, in its signal handlers,
// between its system calls. Include this file last: the preprocessor then enforces rule 5 as far as it can.
//
//  1. Count every call in every phase, exactly. No lock and no system call on the counting path.
//  2. Nothing that the interposer does may be counted as the subject's: it does not allocate, maps nothing after start (but memory for
//     call stacks, at a violation: tables/site_memory.c, which every witness leaves out), takes no
//     page fault later (attach touches all memory that it will use), and leaves no descriptor open (but one, before a process enters
//     another network namespace: state/ledger_socket.h).
//  3. Be invisible: same return values, same errno, no output, no signal handlers, no threads, no header in front
//     of a block.
//  4. A signal whose handler allocates may interrupt any code here, longjmp may leave it, and a forked child may continue it.
//     So single instructions change state, never code under a lock, except at the edges of phases, where signals are blocked
//     (state/phase_lock.h).
//  5. Call libc's own functions through tables/next.h and the kernel through base/system.h. Call nothing else but string.h, which
//     is ours (base/text.c), and functions for which a comment beside the call gives the reason.
//  6. Count as lost what cannot be recorded; never drop it.
//  7. A folder includes only those below it: base, state, tables, phases, life, events, interpose, assertions (make lint).
#ifndef DIOAUDIT_RULES_H
#define DIOAUDIT_RULES_H

#include "interposed.h"  // first: its headers declare what is poisoned below

// Linked into a program, our code lies among the program's: a section of its own tells it apart (base/objects.h).
#ifdef DIOAUDIT_IN_PROCESS
#pragma clang section text = "dioaudit_text"
#endif

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)
#define INTERPOSED __attribute__((visibility("default")))
#define ALIAS(name, function) INTERPOSED extern __typeof(function) name __attribute__((alias(#function)));
#define HIDDEN __attribute__((visibility("hidden")))
#define THREAD_LOCAL _Thread_local __attribute__((tls_model("initial-exec")))  // no allocation on first use

#pragma GCC poison printf fprintf sprintf snprintf vprintf puts fputs fopen perror strerror
#pragma GCC poison strdup asprintf backtrace pthread_mutex_lock pthread_key_create
#ifndef DIOAUDIT_DEFINES_ALLOCATION
#pragma GCC poison malloc calloc realloc reallocarray posix_memalign aligned_alloc memalign sbrk
#endif

#endif
