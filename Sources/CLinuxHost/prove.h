// A BPF program is relied on only after it has reported an act of this process. Its offsets into the kernel's structures could
// be wrong in ways that the verifier does not find.
#ifndef CLINUX_PROVE_H
#define CLINUX_PROVE_H

#include "process_tree.h"
#include "listen.h"

// Performs an act for each BPF program to report, and sets `is_relied_on` of the tree and of each listener. `why` of a
// listener that is not relied on names the program that did not report. Any listener may be null. The reports are dropped.
void prove(struct process_tree *tree, struct listener *memory, struct listener *calls, struct listener *transfers);

// prove_transfers.c: acts of this process on an O_DIRECT file, and returns the reports that are needed; 0: there is no such file.
// The second gives the bit of a report. The names of their BPF programs are in the order of the bits.
unsigned prove_transfers_act(int *file);
unsigned prove_transfers_proof(const struct event_record *event);
extern const char *const prove_transfers_names[7];
// Sets `why_no_pages` unless the pages that this process touched were reported.
void prove_transfers_pages(struct listener *listener);

#endif
