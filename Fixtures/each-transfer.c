// Flags: -fno-builtin
// Intent: transfers by every function and every name of it, each a number of times that no other has, and syncs.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 0
// Verdict: pass
// Kernel: read 62, write 2, pread64 721, pwrite64 21, readv 17, writev 19, preadv 54, pwritev 66, preadv2 88, pwritev2 96
// Setup: transfers 0, syncs 0
// Warmup: transfers 2/8192, syncs 0
// Steady: transfers 1144/4685824, syncs 31
// Teardown: transfers 0
#include "direct.h"
#include <sys/uio.h>

#define NAMED(result, name, symbol, ...) extern result name(__VA_ARGS__) __asm__(symbol)
NAMED(ssize_t, pread_64, "pread64", int, void *, size_t, off_t);
NAMED(ssize_t, pwrite_64, "pwrite64", int, const void *, size_t, off_t);
NAMED(ssize_t, preadv_64, "preadv64", int, const struct iovec *, int, off_t);
NAMED(ssize_t, pwritev_64, "pwritev64", int, const struct iovec *, int, off_t);
NAMED(ssize_t, preadv2_64, "preadv64v2", int, const struct iovec *, int, off_t, int);
NAMED(ssize_t, pwritev2_64, "pwritev64v2", int, const struct iovec *, int, off_t, int);
NAMED(ssize_t, read_checked, "__read_chk", int, void *, size_t, size_t);
NAMED(ssize_t, pread_checked, "__pread_chk", int, void *, size_t, off_t, size_t);
NAMED(ssize_t, pread_64_checked, "__pread64_chk", int, void *, size_t, off_t, size_t);

#define TIMES(n, call) \
    for (int i = 0; i < (n); i++) require((call) == BLOCK, #call)

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    require(ftruncate(fd, 4096L * BLOCK) == 0, "ftruncate");
    struct iovec halves[2] = {{block, BLOCK / 2}, {block + BLOCK / 2, BLOCK / 2}};
    write_block(fd, 0);
    read_block(fd, 0);
    TIMES(2, write(fd, block, BLOCK));
    TIMES(3, read(fd, block, BLOCK));
    TIMES(5, pread(fd, block, BLOCK, 0));
    TIMES(7, pwrite(fd, block, BLOCK, 0));
    TIMES(11, pread_64(fd, block, BLOCK, 0));
    TIMES(13, pwrite_64(fd, block, BLOCK, 0));
    TIMES(17, readv(fd, halves, 2));
    TIMES(19, writev(fd, halves, 2));
    TIMES(23, preadv(fd, halves, 2, 0));
    TIMES(29, pwritev(fd, halves, 2, 0));
    TIMES(31, preadv_64(fd, halves, 2, 0));
    TIMES(37, pwritev_64(fd, halves, 2, 0));
    TIMES(41, preadv2(fd, halves, 2, 0, 0));
    TIMES(43, pwritev2(fd, halves, 2, 0, 0));
    TIMES(47, preadv2_64(fd, halves, 2, 0, 0));
    TIMES(53, pwritev2_64(fd, halves, 2, 0, 0));
    TIMES(59, read_checked(fd, block, BLOCK, BLOCK));
    TIMES(61, pread_checked(fd, block, BLOCK, 0, BLOCK));
    TIMES(643, pread_64_checked(fd, block, BLOCK, 0, BLOCK));
    for (int i = 0; i < 7; i++) require(fsync(fd) == 0, "fsync");
    for (int i = 0; i < 11; i++) require(fdatasync(fd) == 0, "fdatasync");
    for (int i = 0; i < 13; i++) require(sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE) == 0, "sync_file_range");
    close(fd);
}
