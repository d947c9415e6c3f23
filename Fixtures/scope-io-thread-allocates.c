// Intent: the same manager, and the thread that transfers allocates once: that alone is the violation.
// Options: --scope io-threads
// Needs: root, to lock whole stacks and arenas
// Exit: 1
// Verdict: fail
// Steady: transfers 99, malloc 11/400024, free >=11, mmap 1/40960, syscallMmap >=2
// Violation: malloc 1/24 first 60 thread writer in transfer < main
#include "manager.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    run(arguments[1], 1);
}
