// Intent: no thread has the name that is judged: a misspelt name gives no pass.
// Options: --scope thread:moniter
// Needs: root, to lock whole stacks and arenas
// Exit: 2
// Verdict: inconclusive
// Reason: no thread is in the scope 'thread:moniter'
// Steady: transfers 99, malloc 10/400000, free >=10, mmap 1/40960
#include "manager.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    run(arguments[1], 0);
}
