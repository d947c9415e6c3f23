// Intent: a child writes into its parent's memory, where there is no page yet: by process_vm_writev(2), and by /proc. The page
// faults are the child's, and the pages its parent's.
// Options: --no-require-lock
// Exit: 1
// Verdict: fail
// Warmup: transfers 1
// Steady: transfers 19, pagesUnexplained 80/327680
// Teardown: nothing
// Violation: pagesUnexplained 80/327680
#include "turns.h"
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>

enum { PAGES = 80 };

static char *memory;

static void fill_parent(void) {
    wait_for(to_child);
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/mem", getppid());
    int parent = open(path, O_RDWR);
    require(parent >= 0, path);
    for (int i = 0; i < PAGES; i++) {
        char *at = memory + i * BLOCK;
        struct iovec from = {block, BLOCK}, to = {at, BLOCK};
        ssize_t length = i < PAGES / 2 ? process_vm_writev(getppid(), &from, 1, &to, 1, 0)
                                       : pwrite(parent, block, BLOCK, (off_t)at);
        require(length == BLOCK, "the parent's memory");
    }
    tell(to_parent);
    _exit(0);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    memory = mmap(NULL, PAGES * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(memory != MAP_FAILED, "memory");
    prepare_turns();
    require(madvise(memory, PAGES * BLOCK, MADV_NOHUGEPAGE) == 0, "MADV_NOHUGEPAGE");
    pid_t child = fork();
    if (child == 0) fill_parent();
    prctl(PR_SET_PTRACER, child);  // fails where there is no Yama, and is not needed there
    require(mlockall(MCL_CURRENT) == 0 && munlockall() == 0, "pages that the fork shares");
    require(madvise(memory, PAGES * BLOCK, MADV_DONTNEED) == 0, "MADV_DONTNEED");
    int fd = open_direct(arguments[1]), status;
    write_blocks(fd, 10);
    tell(to_child);
    wait_for(to_parent);
    write_blocks(fd, 10);
    close(fd);
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
}
