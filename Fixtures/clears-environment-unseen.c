// Intent: the same where only the interposer looks.
// Options: --allow pageFaultMinor,pageFaultMajor --syscalls off
// Exit: 2
// Verdict: inconclusive
// Reason: 2 programs that the subject started did not load the interposer
// Reason: mapping calls are judged, and no witness of the kernel's side watched them
// Steady: transfers 9
#include "clears-environment.c"
