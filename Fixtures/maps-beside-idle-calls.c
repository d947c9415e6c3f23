// Intent: mappings by the instruction itself in the steady phase beside as many calls of libc's that map nothing: the kernel refuses
// them, or they move the break within a page. None stands for another.
// Options: --syscalls perf-mappings --allow mmap,brk,sbrk,pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Setup: sbrk 1/100
// Warmup: transfers 1
// Steady: transfers 19, mmap 7/0, sbrk 5/40, syscallMmap 7/28672, syscallBrk 5/40960
// Violation: syscallMmap 7/28672
// Violation: syscallBrk 5/40960
#include "direct.h"
#include "raw.h"

static void map_unseen(void) {
    require(raw(SYS_mmap, 0, BLOCK, PROT_READ, MAP_SHARED | MAP_ANONYMOUS) > 0, "mmap");
    require(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED, "mmap is refused");
}

static void move_break_unseen(void) {
    require(sbrk(8) != (void *)-1, "sbrk");
    long end = raw(SYS_brk, 0, 0, 0, 0);
    require(raw(SYS_brk, end + BLOCK, 0, 0, 0) == end + BLOCK, "brk");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    require(sbrk(100) != (void *)-1, "sbrk");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    for (int i = 0; i < 7; i++) map_unseen();
    for (int i = 0; i < 5; i++) move_break_unseen();
    write_blocks(fd, 10);
    close(fd);
}
