// Intent: vfork children, and one's own vfork child, touch their parent's memory for the first time in the steady phase, fail to exec,
// and exec or end: their page faults are this memory's, each counted once. The last child is killed: its page faults are not known, but
// its pages are there.
// Options: --allow pageFaultMajor
// Exit: 1
// Verdict: fail
// Reason: 1 child of vfork-child-faults
// Setup: mmap 1/819200, madvise 1/819200
// Warmup: transfers 1
// Steady: transfers 29, pageFaultMinor 150, pagesUnexplained 50/204800
// Teardown: nothing
#include "direct.h"
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

enum { PAGES = 50 };

static char *untouched;

static void touch(int pages) {
    for (int i = 0; i < pages; i++) untouched[i * BLOCK] = 1;
    untouched += pages * BLOCK;
}

static void touch_in_child(int pages) {
    pid_t child = vfork();
    if (child == 0) {
        touch(pages);
        _exit(0);
    }
    require(waitpid(child, NULL, 0) == child, "the child's child");
}

// A child that touches pages, fails to exec, and then execs, ends or is killed.
static void start(int pages, const char *program, int is_killed) {
    int status;
    pid_t child = vfork();
    if (child == 0) {
        if (program) touch_in_child(pages);
        touch(pages);
        if (is_killed) syscall(SYS_tkill, syscall(SYS_gettid), SIGKILL);
        execl("/nowhere", "nowhere", NULL);
        if (program) execl(program, program, NULL);
        _exit(0);
    }
    require(waitpid(child, &status, 0) == child && (is_killed ? WIFSIGNALED(status) : status == 0), "the child");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    untouched = mmap(NULL, 4 * PAGES * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(untouched != MAP_FAILED && madvise(untouched, 4 * PAGES * BLOCK, MADV_NOHUGEPAGE) == 0, "mmap");
    int fd = open_direct(arguments[1]);
    start(0, NULL, 0);  // libc's code has been touched by now
    start(0, "/bin/true", 0);
    write_blocks(fd, 10);
    start(PAGES, NULL, 0);
    write_blocks(fd, 10);
    start(PAGES, "/bin/true", 0);
    write_blocks(fd, 10);
    start(PAGES, NULL, 1);
    close(fd);
}
