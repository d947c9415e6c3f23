// Intent: a manager thread allocates, maps and faults pages in under MCL_FUTURE while the thread that transfers does none of
// it: with --scope io-threads that is a pass.
// Options: --scope io-threads
// Needs: root, to lock whole stacks and arenas
// Exit: 0
// Verdict: pass
// Warmup: transfers 1
// Steady: transfers 99, malloc 10/400000, free >=10, mmap 1/40960, syscallMmap >=2
// Settled: 1
#include "manager.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    run(arguments[1], 0);
}
