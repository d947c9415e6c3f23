// Intent: the allocation stands in a template that the compiler inlined into its caller: both are frames.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: transfers 9, malloc 10/80, free 10
// Violation: malloc 10/80 first 1 in operator new < long* made<long> < keeper::store < main
#include "direct.h"

template <typename Value> __attribute__((always_inline)) inline Value *made() {
    return static_cast<Value *>(keep(new Value()));
}

namespace keeper {
__attribute__((noinline)) void store() {
    long *value = made<long>();
    delete value;
}
}  // namespace keeper

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    for (long i = 0; i < 10; i++) {
        write_block(fd, i);
        keeper::store();
    }
    close(fd);
}
