// For tests: transfers, and then page faults by the hundred thousand, more than perf's rings hold unless they are read.
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    char *page = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(page != MAP_FAILED, "mmap");
    for (int i = 0; i < 400000; i++) {
        *(volatile char *)page = 1;
        madvise(page, BLOCK, MADV_DONTNEED);
    }
    close(fd);
}
