// Programs are relied on once they have told of what this process did itself. What they know of this kernel could be wrong in
// ways that no check of their own would show.
#ifndef CLINUX_PROVE_H
#define CLINUX_PROVE_H

#include "process_tree.h"
#include "listen.h"

// Does something that each of the programs must tell, and notes which tree and which listeners are relied on; of the others
// `why` says what was not told. Either listener may be null. What the programs have told meanwhile is dropped.
void prove(struct process_tree *tree, struct listener *memory, struct listener *calls);

#endif
