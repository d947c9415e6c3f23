// Intent: forks in the steady phase, and the pages that the kernel fills the child's memory with are no gain of the parent's.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Steady: transfers 29/118784, pagesUnexplained 0/0
#include "direct.h"
#include <sys/wait.h>

enum { PAGES = 1000 };

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char *memory = mmap(NULL, PAGES * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(memory != MAP_FAILED && madvise(memory, PAGES * BLOCK, MADV_NOHUGEPAGE) == 0, "memory");
    for (int i = 0; i < PAGES; i++) memory[i * BLOCK] = 1;
    int fd = open_direct(arguments[1]), status;
    for (int i = 0; i < 3; i++) {
        write_blocks(fd, 10);
        pid_t child = fork();
        if (child == 0) _exit(0);
        require(waitpid(child, &status, 0) == child && status == 0, "the child");
    }
    close(fd);
}
