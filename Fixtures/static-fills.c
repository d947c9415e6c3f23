// Flags: -static
// Intent: a static program gains pages without a page fault in its steady phase, and the kernel's records show each: by userfaultfd(2),
// and as a child writes into its memory, once where the program gives as many pages back. Those before and after are no part of it.
// Options: --allow heap --no-require-lock
// Exit: 2
// Verdict: inconclusive
// Reason: is a static program, which loads no interposer
// Root Exit: 1
// Root Verdict: fail
// Root Reason: in the steady phase: 67 unexplained resident pages
// Root Warmup: transfers 1/4096
// Root Steady: transfers 29/118784, pagesUnexplained 67/274432
// Root Violation: pagesUnexplained 67/274432
#include "filler.h"
#include "turns.h"
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>

enum { WRITTEN = 27 };

// A program of its own, since the page faults of a child that has not called exec count as its parent's. Its descriptors are those
// of the pipes.
static int write_to_parent(char **arguments) {
    for (int i = 0; i < 4; i++) (i < 2 ? to_child : to_parent)[i % 2] = atoi(arguments[2 + i]);
    char *memory = (char *)strtoul(arguments[1], NULL, 16);
    tell(to_parent);
    wait_for(to_child);
    for (int i = 0; i < WRITTEN; i++) {
        struct iovec from = {block, BLOCK}, to = {memory + i * BLOCK, BLOCK};
        require(process_vm_writev(getppid(), &from, 1, &to, 1, 0) == BLOCK, "process_vm_writev");
    }
    tell(to_parent);
    return 0;
}

static pid_t start_writer(char *program, char *memory) {
    char text[5][24];
    prepare_turns();
    snprintf(text[0], sizeof(text[0]), "%p", (void *)memory);
    for (int i = 0; i < 4; i++) snprintf(text[1 + i], sizeof(text[0]), "%d", (i < 2 ? to_child : to_parent)[i % 2]);
    pid_t child = fork();
    if (child == 0) {
        execl(program, program, text[0], text[1], text[2], text[3], text[4], NULL);
        _exit(1);
    }
    prctl(PR_SET_PTRACER, child);  // fails where there is no Yama, and is not needed there
    wait_for(to_parent);           // until it has called exec
    return child;
}

static char *map_pages(void) {
    char *memory = mmap(NULL, WRITTEN * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(memory != MAP_FAILED && madvise(memory, WRITTEN * BLOCK, MADV_NOHUGEPAGE) == 0, "memory");
    return memory;
}

int main(int count, char **arguments) {
    if (count == 6) return write_to_parent(arguments);
    require(count > 1, "which file?");
    prepare_filler();
    char *given = map_pages(), *written = map_pages();
    pid_t child = start_writer(arguments[0], written);
    for (int i = 0; i < WRITTEN; i++) given[i * BLOCK] = 1;
    require(mlockall(MCL_CURRENT) == 0 && munlockall() == 0, "pages that the fork shares");
    require(madvise(written, WRITTEN * BLOCK, MADV_DONTNEED) == 0, "MADV_DONTNEED");
    int fd = open_direct(arguments[1]), status;
    fill_pages(20);
    write_blocks(fd, 10);
    fill_pages(40);
    write_blocks(fd, 10);
    require(munmap(given, WRITTEN * BLOCK) == 0, "munmap");
    tell(to_child);
    wait_for(to_parent);
    write_blocks(fd, 10);
    close(fd);
    fill_pages(10);
    require(waitpid(child, &status, 0) == child && status == 0, "the child");
}
