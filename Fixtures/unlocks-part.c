// Intent: unlocks a part of its memory by the instruction itself, where nobody watches system calls: less is locked at the end of the
// steady phase than when it began.
// Options: --syscalls off
// Exit: 2
// Verdict: inconclusive
// Reason: 1048576 bytes less locked when its steady phase ended
// Reason: mapping calls are judged, and no witness of the kernel's side watched them
// Warmup: transfers 1
// Steady: transfers 19
#include "direct.h"
#include "raw.h"

enum { PART = 256 * BLOCK };

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char *part = mmap(NULL, PART, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(part != MAP_FAILED, "mmap");
    lock_memory();
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    require(raw(SYS_munlock, (long)part, PART, 0, 0) == 0, "munlock");
    write_blocks(fd, 10);
    close(fd);
}
