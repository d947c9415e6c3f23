// For tests: transfers under PR_SET_IO_FLUSHER, which needs CAP_SYS_RESOURCE.
#include "direct.h"
#include <sys/prctl.h>

enum { SET_IO_FLUSHER = 57 };  // PR_SET_IO_FLUSHER, Linux 5.6

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    require(prctl(SET_IO_FLUSHER, 1, 0, 0, 0) == 0, "PR_SET_IO_FLUSHER");
    int fd = open_direct(arguments[1]);
    lock_memory();
    write_blocks(fd, 100);
    close(fd);
}
