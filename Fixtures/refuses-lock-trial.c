// Intent: ends MCL_FUTURE by the instruction itself, and has a filter that refuses madvise with EINVAL, as the kernel does for locked
// memory: such an answer is the kernel's only where nobody else can give it.
// Options: --syscalls off --kernel off --allow mappings
// Exit: 2
// Verdict: inconclusive
// Reason: but whether what it maps anew is locked could not be asked
// Setup: mlockall 1
// Warmup: transfers 1
// Steady: transfers 9
#include "ends-future.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    end_future_and_refuse(EINVAL, SYS_madvise, arguments[1]);
}
