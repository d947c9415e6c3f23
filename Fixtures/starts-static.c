// Intent: the same with the syscalls witness, which sees every program begin and names it.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: static-true (pid
// Reason: is a static program, which loads no interposer; and 10 more programs
// Steady: transfers 9
#include "starts-unseen.c"
