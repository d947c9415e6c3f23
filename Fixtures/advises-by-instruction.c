// Intent: advises by the instruction, by process_madvise too: what only the syscalls witness sees. MADV_COLLAPSE is no pass; any
// other advice, of which some allocators give many, is not looked at, and does not stop the thread where seccomp is the witness.
// Needs: root, since perf's records of mappings show no advice
// Exit: 2
// Verdict: inconclusive
// Reason: asked for huge pages at once in its steady phase, 2 times (MADV_COLLAPSE)
// Steady: transfers 9
#include "huge.h"
#include "raw.h"
#include <sys/resource.h>
#include <sys/uio.h>

enum { MANY = 1000 };

static long advise(char *page, long advice) { return raw(SYS_madvise, (long)page, BLOCK, advice, 0); }

static long advise_process(int process, char *page, long advice) {
    struct iovec range = {page, BLOCK};
    return raw(SYS_process_madvise, process, (long)&range, 1, advice);
}

static long stops(void) {
    struct rusage usage;
    require(getrusage(RUSAGE_THREAD, &usage) == 0, "getrusage");
    return usage.ru_nvcsw;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char *page = map_for_huge();
    int self = (int)raw(SYS_pidfd_open, getpid(), 0, 0, 0);
    require(self >= 0, "pidfd_open");
    stops();  // libc's code is there from now on
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    long before = stops();
    for (int i = 0; i < MANY; i++) require(advise(page, MADV_NORMAL) == 0, "MADV_NORMAL");
    for (int i = 0; i < MANY; i++) require(advise_process(self, page, MADV_COLD) == BLOCK, "MADV_COLD");
    require(stops() - before < MANY / 2, "each advice stopped");
    advise(page, MADV_COLLAPSE);
    advise_process(self, page, MADV_COLLAPSE);
    close(fd);
}
