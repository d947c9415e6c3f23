// A BPF program is relied on only after it has reported an act of this process. Its offsets into the kernel's structures could
// be wrong in ways that the verifier does not find.
#ifndef CLINUX_PROVE_H
#define CLINUX_PROVE_H

#include "process_tree.h"
#include "listen.h"

// Performs an act for each BPF program to report, and sets `is_relied_on` of the tree and of each listener. `why` of a
// listener that is not relied on names the program that did not report. Either listener may be null. The reports are dropped.
void prove(struct process_tree *tree, struct listener *memory, struct listener *calls);

#endif
