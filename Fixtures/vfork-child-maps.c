// Intent: a vfork child maps by the instruction itself, in its parent's memory, and becomes another program: the mapping is its
// parent's.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: transfers 19, syscallMmap 1/1048576
// Violation: syscallMmap 1/1048576
#include "direct.h"
#include <sys/syscall.h>
#include <sys/wait.h>

enum { LENGTH = 256 * BLOCK };

static char *mapped;

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]), status;
    write_blocks(fd, 10);
    pid_t child = vfork();
    if (child == 0) {
        register long flags __asm__("r10") = MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, none __asm__("r8") = -1, start __asm__("r9") = 0;
        __asm__ volatile("syscall"
                         : "=a"(mapped)
                         : "a"(SYS_mmap), "D"(0), "S"(LENGTH), "d"(PROT_READ | PROT_WRITE), "r"(flags), "r"(none), "r"(start)
                         : "rcx", "r11", "memory");
        execl("/bin/true", "true", NULL);
        _exit(1);
    }
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
    write_blocks(fd, 10);
    require(mapped[LENGTH - 1] == 0, "the parent has it");
    close(fd);
}
