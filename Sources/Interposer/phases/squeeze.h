// `dioaudit run --squeeze`: the host limits the subject's memory while it is in its steady phase. The subject asks for it
// and waits, so that no steady transfer comes before the limit.
#ifndef DIOAUDIT_SQUEEZE_H
#define DIOAUDIT_SQUEEZE_H

#include <stdbool.h>

#include "../state/ledger.h"

static inline bool squeeze_is_wanted(void) {
    return ledger->config.squeeze != 0;
}

// For this process, or it never will be.
bool squeeze_is_settled(void);

// Returns when the limit is in effect, or when it is known that it will not be: that is noted in the process's record.
void squeeze_begin(void);

// Returns when the limit is gone, if nobody else needs it: what comes after the steady phase may allocate.
void squeeze_end(void);

#endif
