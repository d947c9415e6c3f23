// `dioaudit run --squeeze`: the host limits the subject's memory during its steady phase. The subject asks for the limit and
// waits, so that no steady transfer comes before it.
#ifndef DIOAUDIT_SQUEEZE_H
#define DIOAUDIT_SQUEEZE_H

#include <stdbool.h>

#include "../state/ledger.h"

static inline bool squeeze_is_wanted(void) {
    return ledger->config.squeeze != 0;
}

// The limit is in effect for this process, or is known never to be.
bool squeeze_is_settled(void);

// Returns when the limit is in effect, or when it is known that it will not be: the process's record says which.
void squeeze_begin(void);

// Tells the host that the steady phase is over, and waits: it lifts the limit unless another process needs it.
void squeeze_end(void);

#endif
