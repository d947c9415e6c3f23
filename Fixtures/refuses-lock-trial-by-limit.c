// Intent: ends MCL_FUTURE by the instruction itself, and has a filter that answers EAGAIN to whatever is mapped, as the kernel does where
// the limit of locked memory is reached: the answer is held against that limit.
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
    end_future_and_refuse(EAGAIN, SYS_mmap, arguments[1]);
}
