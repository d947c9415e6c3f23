// Intent: the same under --forbid free, as real-time audio has it.
// Options: --forbid free
// Exit: 1
// Verdict: fail
// Reason: in the steady phase: 50 free
// Setup: malloc 50/800, mlockall 1
// Warmup: transfers 1
// Steady: transfers 49, free 50
// Settled: never
// Violation: free 50 first 1 in main
#include "frees.h"
