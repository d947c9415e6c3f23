// A process that outlives dioaudit: it maps and allocates then, and writes to a file whether that worked.
#include "direct.h"

int main(int count, char **arguments) {
    require(count > 2, "which files?");
    write_blocks(open_direct(arguments[1]), 10);
    if (fork() > 0) _exit(0);
    setsid();
    closefrom(0);
    while (access(arguments[2], F_OK) == 0) usleep(1000);  // until whoever waits has removed it
    int works = 1;
    for (int i = 0; i < 100; i++) {
        works &= mmap(NULL, BLOCK, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED;
        void *block = keep(malloc(300000));
        works &= block != NULL;
        free(block);
    }
    int fd = open(arguments[2], O_CREAT | O_WRONLY, 0600);
    require(write(fd, works ? "works" : "broken", works ? 5 : 6) > 0, "write");
}
