// Which process and which thread the caller is, where a filter (seccomp(2)) may refuse to say.
#ifndef DIOAUDIT_IDENTITY_H
#define DIOAUDIT_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "../base/system.h"
#include "context.h"

// The calling process; 0 if that is not known.
int32_t identity_process(void);

// The calling thread; -1 if that is not known. 0 would stand for the whole process in an edge.
int32_t identity_thread(void);

// The answer of the function below where getpid is refused.
bool identity_is_ours(void);

// False in a child that shares our memory (vfork, CLONE_VM) but not our descriptors and locks, and that ends by itself.
static inline bool process_is_ours(void) {
    long pid = SYSTEM(SYS_getpid);
    return likely(pid > 0) ? pid == process.record->pid : identity_is_ours();
}

#endif
