// Flags: -static
// Intent: with --scope io-threads a page fault of the thread that transfers is judged in a static program, too: by the kernel.
// Options: --allow heap,syscallMmap --scope io-threads
// Exit: 2
// Verdict: inconclusive
// Reason: is a static program, which loads no interposer
// Reason: no thread is in the scope 'io-threads'
// Root Exit: 1
// Root Verdict: fail
// Root Reason: in the steady phase: 1 minor page fault
// Root Warmup: transfers 1/4096
// Root Steady: transfers 49/200704, syscallMmap 1/8192, pageFaultMinor 1
// Root Violation: pageFaultMinor 1
#include "static-and-steady.c"
