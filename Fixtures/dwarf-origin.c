// Intent: its function's debug info takes its name from itself: no search for it may go on for ever.
// Exit: 1
// Verdict: fail
// Reason: in the steady phase: 20 malloc
// Flags: -g0
// Setup: mlockall 1, malloc 1/10, free 1
// Warmup: transfers 1/4096
// Steady: transfers 19/77824, malloc 20/200, free 20
// Teardown: nothing
// Settled: never
// Violation: malloc 20/200 first 1 thread dwarf-origin in work < main
#include "hostile_dwarf.h"

HOSTILE_DWARF(".Lorigin: .byte 4\n.quad work\n.quad 4096\n.long .Lorigin - .Lunit\n");
