// Intent: the same manager, judged by its name: all that it does is a violation, with the pages that it faulted in.
// Options: --scope thread:man?g*
// Needs: root, to lock whole stacks and arenas
// Exit: 1
// Verdict: fail
// Steady: transfers 99, malloc 10/400000, free >=10, mmap 1/40960
// Violation: malloc 10/400000 first 50 thread manager in manage
// Violation: mmap 1/40960 first 50 thread manager faults 10 in manage
// Violation: syscallMmap 1/134217728 thread manager within malloc in manage
// Also: pageFaultMinor
#include "manager.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    run(arguments[1], 0);
}
