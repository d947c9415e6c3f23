// A process and its child do in turn what the other waits for.
#ifndef TURNS_H
#define TURNS_H

#include "direct.h"

static int to_child[2], to_parent[2];

static inline void prepare_turns(void) {
    require(pipe(to_child) == 0 && pipe(to_parent) == 0, "pipes");
}

static inline void wait_for(const int *pipe) {
    char byte;
    require(read(pipe[0], &byte, 1) == 1, "read");
}

static inline void tell(const int *pipe) {
    require(write(pipe[1], "", 1) == 1, "write");
}

#endif
