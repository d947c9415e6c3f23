// Intent: an event after an allowed region has ended is a violation again, and so is a system call that bypasses libc.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Steady: transfers 9, malloc 2/300, syscallMmap 2/8192
// Region: allowed 'once' entered 1 malloc 1/100
// Violation: malloc 1/200 first 10 in main
// Violation: syscallMmap 1/4096
#include "direct.h"
#include <dioaudit.h>
#include <sys/syscall.h>

static void map_directly(void) {
    require(syscall(SYS_mmap, 0, BLOCK, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) > 0, "mmap");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    free(keep(malloc(1000)));
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    dioaudit_allow_begin("once");
    keep(malloc(100));
    map_directly();
    dioaudit_allow_end("once");
    keep(malloc(200));
    map_directly();
    close(fd);
}
