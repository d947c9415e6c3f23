// Intent: its debug info has a million namespaces, each in the one before: no walk of it may recurse so deeply.
// Exit: 1
// Verdict: fail
// Reason: in the steady phase: 20 malloc
// Flags: -g0
// Setup: mlockall 1, malloc 1/10, free 1
// Warmup: transfers 1/4096
// Steady: transfers 19/77824, malloc 20/200, free 20
// Teardown: nothing
// Settled: never
// Violation: malloc 20/200 first 1 thread dwarf-nested in work < main
#include "hostile_dwarf.h"

HOSTILE_DWARF(".fill 1000000, 1, 2\n.fill 1000000, 1, 0\n");
