// A program whose own file is a FIFO before it ends: who opens that waits for a writer, which never comes.
#include "direct.h"
#include <sys/stat.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    require(unlink(arguments[0]) == 0 && mkfifo(arguments[0], 0666) == 0, "mkfifo");
    write_blocks(fd, 10);
}
