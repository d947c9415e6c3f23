// Intent: allocates at 400 call stacks of 60 frames, for which the ledger must map memory, and its own filter refuses that: every
// call counts, and what was lost is said.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Reason: in the steady phase: 800 malloc
// Reason: had no room for their stacks
// Warmup: transfers 1
// Steady: transfers 1, malloc 800/160400, free 800
#include "refuses.h"

template <int Size> __attribute__((noinline)) void allocate() {
    free(keep(malloc(Size)));
    if constexpr (Size > 1) allocate<Size - 1>();
    keep(nullptr);  // no tail call
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    REFUSE(EPERM, SYS_mremap);
    write_blocks(fd, 2);
    for (int i = 0; i < 2; i++) allocate<400>();
    close(fd);
}
