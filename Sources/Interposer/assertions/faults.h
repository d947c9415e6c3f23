// Page faults of the calling thread (state/faults.h) inside an assertion.
#ifndef DIOAUDIT_ASSERTION_FAULTS_H
#define DIOAUDIT_ASSERTION_FAULTS_H

#include <stdbool.h>

#include "../state/faults.h"

// Before the first question, and in a forked child.
void assertion_begin_process(void);

// False in a child that shares the memory (vfork).
bool assertion_process_is_own(void);

// Until then, the functions of state/faults.h ask nothing.
void assertion_faults_want(bool wanted);

// Whether the calling thread was ever refused an answer.
bool assertion_faults_refused(void);

// Those between these two are no assertion's. They do not nest.
void assertion_faults_suspend(void);
void assertion_faults_resume(void);

#endif
