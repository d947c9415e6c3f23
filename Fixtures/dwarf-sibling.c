// Intent: its debug info has an entry whose next one is itself: no walk of it may go on for ever.
// Exit: 1
// Verdict: fail
// Reason: in the steady phase: 20 malloc
// Flags: -g0
// Setup: mlockall 1, malloc 1/10, free 1
// Warmup: transfers 1/4096
// Steady: transfers 19/77824, malloc 20/200, free 20
// Teardown: nothing
// Settled: never
// Violation: malloc 20/200 first 1 thread dwarf-sibling in work < main
#include "hostile_dwarf.h"

HOSTILE_DWARF(".Lsibling: .byte 3\n.long .Lsibling - .Lunit\n");
