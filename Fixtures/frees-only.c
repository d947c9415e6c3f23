// Intent: frees in the steady phase what setup allocated. Counted and shown, and no violation.
// Exit: 0
// Verdict: pass
// Setup: malloc 50/800, mlockall 1
// Warmup: transfers 1
// Steady: transfers 49, free 50
// Teardown: nothing
// Settled: 1
#include "frees.h"
