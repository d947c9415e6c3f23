// Intent: sendfile, splice and copy_file_range transfer, too, if they read or write an O_DIRECT file; once if they do both.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Warmup: transfers 2/8192
// Steady: transfers 60/245760
#include "direct.h"
#include <sys/sendfile.h>

enum { TIMES = 10 };

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    static char name[4096];
    int pipes[2], null = open("/dev/null", O_WRONLY);
    require(pipe(pipes) == 0, "pipe");
    int fd = open_direct(arguments[1]), other = open_direct(strcat(strcpy(name, arguments[1]), ".other"));
    write_blocks(fd, 2);                             // 1 and 1
    for (int i = 0; i < TIMES; i++) read_block(fd, 0);  // 1 and 9
    for (int i = 0; i < TIMES; i++) {
        off_t at = 0;
        require(sendfile(null, fd, &at, BLOCK) == BLOCK, "sendfile");
        at = 0;
        require(sendfile64(null, fd, &at, BLOCK) == BLOCK, "sendfile64");
        at = 0;
        require(splice(fd, &at, pipes[1], NULL, BLOCK, 0) == BLOCK, "splice out of it");
        at = 0;
        require(splice(pipes[0], NULL, fd, &at, BLOCK, 0) == BLOCK, "splice into it");
        at = 0;
        off_t to = BLOCK;
        require(copy_file_range(fd, &at, fd, &to, BLOCK, 0) == BLOCK, "copy_file_range");
    }
    close(other);
    _exit(0);
}
