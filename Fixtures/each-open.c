// Intent: opens by every name of open a descriptor whose number was a pipe's before, closed by a direct system call. Two
// transfers on each: one is the file's warm-up. Then creat gets the number of an O_DIRECT file: that is no transfer.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Setup: transfers 0
// Warmup: transfers 10
// Steady: transfers 10
// Teardown: nothing
#include "direct.h"
#include <sys/syscall.h>

#define NAMED(name, symbol, ...) extern int name(__VA_ARGS__) __asm__(symbol)
NAMED(open_64, "open64", const char *, int, ...);
NAMED(openat_64, "openat64", int, const char *, int, ...);
NAMED(open_2, "__open_2", const char *, int);
NAMED(openat_2, "__openat_2", int, const char *, int);
NAMED(open_64_2, "__open64_2", const char *, int);
NAMED(openat_64_2, "__openat64_2", int, const char *, int);
NAMED(creat_64, "creat64", const char *, mode_t);
NAMED(fcntl_64, "fcntl64", int, int, ...);

static int known_as_other(void) {
    int ends[2];
    require(pipe(ends) == 0, "pipe");
    require(write(ends[1], "x", 1) == 1 && read(ends[0], block, 1) == 1, "a byte");
    syscall(SYS_close, ends[0]);
    syscall(SYS_close, ends[1]);
    return ends[0];
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    const char *path = arguments[1];
    int flags = O_RDWR | O_DIRECT;
    for (int way = 0; way < 10; way++) {
        int expected = known_as_other();
        int fd = way == 0   ? open(path, flags | O_CREAT, 0600)
                 : way == 1 ? open_64(path, flags)
                 : way == 2 ? openat(AT_FDCWD, path, flags)
                 : way == 3 ? openat_64(AT_FDCWD, path, flags)
                 : way == 4 ? open_2(path, flags)
                 : way == 5 ? openat_2(AT_FDCWD, path, flags)
                 : way == 6 ? open_64_2(path, flags)
                 : way == 7 ? openat_64_2(AT_FDCWD, path, flags)
                 : way == 8 ? creat(path, 0600)
                            : creat_64(path, 0600);
        require(fd == expected, "the number is used again");
        if (way == 8) require(fcntl(fd, F_SETFL, O_DIRECT) == 0, "fcntl");
        if (way == 9) require(fcntl_64(fd, F_SETFL, O_DIRECT) == 0, "fcntl64");
        write_blocks(fd, 2);
        close(fd);
    }
    for (int way = 0; way < 2; way++) {
        int known_as_direct = open_direct(path);
        syscall(SYS_close, known_as_direct);
        int fd = way == 0 ? creat(path, 0600) : creat_64(path, 0600);
        require(fd == known_as_direct, "the number is used again");
        write_block(fd, 0);
        close(fd);
    }
}
