// Intent: advises by the instruction: what only the syscalls witness sees. MADV_COLLAPSE is no pass; any other advice, of which some
// allocators give many, is not looked at, and does not stop the thread where seccomp is the witness.
// Needs: root, since perf's records of mappings show no advice
// Exit: 2
// Verdict: inconclusive
// Reason: asked for huge pages at once in its steady phase, 1 time (MADV_COLLAPSE)
// Steady: transfers 9
#include "huge.h"
#include <sys/resource.h>
#include <sys/syscall.h>

enum { MANY = 1000 };

static long advise(char *page, long advice) {
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(SYS_madvise), "D"(page), "S"((long)BLOCK), "d"(advice)
                     : "rcx", "r11", "memory");
    return result;
}

static long stops(void) {
    struct rusage usage;
    require(getrusage(RUSAGE_THREAD, &usage) == 0, "getrusage");
    return usage.ru_nvcsw;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char *page = map_for_huge();
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    long before = stops();
    for (int i = 0; i < MANY; i++) require(advise(page, MADV_NORMAL) == 0, "MADV_NORMAL");
    require(stops() - before < MANY / 2, "each advice stopped");
    require(advise(page, MADV_COLLAPSE) <= 0, "MADV_COLLAPSE");
    close(fd);
}
