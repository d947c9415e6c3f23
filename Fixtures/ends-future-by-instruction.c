// Intent: ends MCL_FUTURE by the instruction itself before its steady phase, where nobody watches system calls: nothing is unlocked, and
// only a new mapping shows it.
// Options: --syscalls off --kernel off
// Exit: 2
// Verdict: inconclusive
// Reason: but what it maps anew is not locked
// Setup: mlockall 1
// Warmup: transfers 1
// Steady: transfers 9
#include "direct.h"
#include <sys/syscall.h>

static void lock_present_by_instruction(void) {
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_mlockall), "D"(MCL_CURRENT) : "rcx", "r11", "memory");
    require(result == 0, "mlockall by the instruction");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    lock_memory();
    int fd = open_direct(arguments[1]);
    lock_present_by_instruction();
    write_blocks(fd, 10);
    close(fd);
}
