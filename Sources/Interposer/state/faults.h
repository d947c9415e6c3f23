// Page faults, as getrusage(2) counts them, and whose they are.
#ifndef DIOAUDIT_FAULTS_H
#define DIOAUDIT_FAULTS_H

#include "ledger_abi.h"

// RUSAGE_SELF or RUSAGE_THREAD.
struct dioaudit_faults faults_of(int who);

// The calling thread's, without those that the two functions below have taken out of its phase.
struct dioaudit_faults faults_of_thread(void);

// This thread's page faults since `before` were ours.
void faults_disown(struct dioaudit_faults before);

// This thread's page faults since `before` belong to another phase than the one that the process is in.
void faults_move(struct dioaudit_faults before, uint32_t phase);

#endif
