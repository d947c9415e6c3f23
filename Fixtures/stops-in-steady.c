// For tests: stops itself in its steady phase, until it gets SIGCONT.
#include "direct.h"
#include <signal.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    lock_memory();
    write_blocks(fd, 50);
    raise(SIGSTOP);
    write_blocks(fd, 50);
    close(fd);
}
