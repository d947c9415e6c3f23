// Intent: marks all of a reservation (128 GiB, more than is looked through) for core dumps and forks, in its steady phase, once by
// number, which counts as no madvise. That takes no page away.
// Exit: 0
// Verdict: pass
// Warmup: transfers 1
// Steady: transfers 19, madvise 3/412316860416
// Settled: 1
#include "direct.h"
#include <sys/syscall.h>

static const unsigned long ROOM = 128UL << 30;

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char *room = mmap(NULL, ROOM, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    require(room != MAP_FAILED, "mmap");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    require(madvise(room, ROOM, MADV_DONTDUMP) == 0, "MADV_DONTDUMP");
    require(madvise(room, ROOM, MADV_DODUMP) == 0, "MADV_DODUMP");
    require(madvise(room, ROOM, MADV_DONTFORK) == 0, "MADV_DONTFORK");
    require(syscall(SYS_madvise, room, ROOM, MADV_DOFORK) == 0, "MADV_DOFORK");
    write_blocks(fd, 10);
    close(fd);
}
