// Intent: a child by clone touches its parent's memory for the first time, which it shares: its page faults are no thread's of its parent,
// but the pages are there.
// Exit: 1
// Verdict: fail
// Reason: made 2 processes that share its memory (clone with CLONE_VM)
// Warmup: transfers 1
// Steady: transfers 19, pagesUnexplained 200/819200
#include "direct.h"
#include <sched.h>
#include <sys/wait.h>

enum { PAGES = 200 };

static char stack[65536] __attribute__((aligned(16)));
static char *touched;

static int child(void *pages) {
    for (int i = 0; i < *(int *)pages; i++) touched[i * BLOCK] = 1;
    return 0;
}

static void touch_in_child(int pages) {
    int status;
    pid_t pid = clone(child, stack + sizeof(stack), CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD, &pages);
    require(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0, "the child");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    touched = mmap(NULL, PAGES * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(touched != MAP_FAILED && madvise(touched, PAGES * BLOCK, MADV_NOHUGEPAGE) == 0, "mmap");
    memset(stack, 0, sizeof(stack));
    touch_in_child(0);  // libc's code has been touched by now
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    touch_in_child(PAGES);
    write_blocks(fd, 10);
    require(touched[(PAGES - 1) * BLOCK] == 1, "the parent has it");
    close(fd);
}
