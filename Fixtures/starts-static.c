// Intent: the same with the syscalls witness, which sees every program begin and names it. As root that is a note: the
// kernel saw that they transferred nothing.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: static-true (pid
// Reason: is a static program, which loads no interposer; and 10 more programs
// Root Exit: 0
// Root Verdict: pass
// Root Reason: none
// Steady: transfers 9
#include "starts-unseen.c"
