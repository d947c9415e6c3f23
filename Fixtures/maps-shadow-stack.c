// Intent: map_shadow_stack maps as mmap does, past every library. It counts as it arrives in the kernel, which may not have it.
// Exit: 1
// Verdict: fail
// Steady: transfers 19, syscallMmap 3/12288
// Violation: syscallMmap 3/12288
#include "direct.h"
#include "raw.h"

enum { MAP_SHADOW_STACK = 453 };

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    for (int i = 0; i < 3; i++) raw(MAP_SHADOW_STACK, 0, BLOCK, 0, 0);
    write_blocks(fd, 10);
    close(fd);
}
