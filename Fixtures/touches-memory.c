// Intent: touches 8 MiB that are new in its steady phase, which a squeeze notices at the latest.
// Verdict: fail
// Exit: 1
// Steady: transfers 99, mmap 1/8388608, pageFaultMinor >=1
// Also: pageFaultMinor
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 50);
    char *memory = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(memory != MAP_FAILED, "mmap");
    for (int i = 0; i < 8 << 20; i += BLOCK) *(volatile char *)(memory + i) = 1;
    write_blocks(fd, 50);
    close(fd);
}
