// Which process and which thread the caller is, where a filter (seccomp(2)) may refuse to say, and where a pid namespace of its
// own gives it other numbers than those by which dioaudit and the kernel's records know it. All numbers in the ledger are the
// latter; "inside" is by the process's own.
#ifndef DIOAUDIT_IDENTITY_H
#define DIOAUDIT_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/system.h"
#include "context.h"

// Fills the numbers of the calling process, which is about to attach. `is_image`: it is no forked child of an attached process.
void identity_attach(struct dioaudit_process *record, const struct dioaudit_config *request, bool is_image);

// The calling process inside; 0 if that is not known.
int32_t identity_process_inside(void);

// The same as dioaudit knows it, also of a child that shares the memory of an attached process. 0 if that is not known.
int32_t identity_process(void);

// The calling thread inside; 0 if that is not known.
int32_t identity_thread_inside(void);

// The calling thread; -1 if that is not known. 0 would stand for the whole process in an edge.
int32_t identity_thread(void);

// A thread of this process, by its number inside; -1 if that is not known.
int32_t identity_of(int32_t tid_inside);

// By which numbers /proc/self/task lists threads.
enum numbering { NUMBERED_INSIDE, NUMBERED_OUTSIDE, NUMBERED_OTHERWISE };
enum numbering identity_of_proc(void);

// The answer of the function below where getpid is refused.
bool identity_is_ours(void);

// False in a child that shares our memory (vfork, CLONE_VM) but not our descriptors and locks, and that ends by itself.
static inline bool process_is_ours(void) {
    long pid = SYSTEM(SYS_getpid);
    return likely(pid > 0) ? pid == process.pid_inside : identity_is_ours();
}

#endif
