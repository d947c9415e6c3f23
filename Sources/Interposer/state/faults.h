// Page faults, as getrusage(2) counts them, and the phase that they are charged to.
#ifndef DIOAUDIT_FAULTS_H
#define DIOAUDIT_FAULTS_H

#include "ledger_abi.h"

// RUSAGE_SELF or RUSAGE_THREAD.
struct dioaudit_faults faults_of(int who);

// The calling thread's page faults, without those that the two functions below took out of its phase.
struct dioaudit_faults faults_of_thread(void);

// The calling thread is about to vfork. The child shares our memory, so the page faults that it takes there are ours. It charges them
// to us by the second function before it becomes a program or ends.
void faults_await_child(void);
void faults_await_no_child(void);
void faults_adopt(void);
// All that children charged to this process so.
uint64_t faults_adopted(void);

// The interposer caused this thread's page faults since `before`: they count in no phase.
void faults_disown(struct dioaudit_faults before);

// This thread's page faults since `before` count in another phase than the process's.
void faults_move(struct dioaudit_faults before, uint32_t phase);

#endif
