// Flags: -fno-builtin
// Intent: opens, transfers, closes and maps by libc's further names of functions, those for its own libraries among them. The
// second file is received by the number that the first had before it was closed by such a name.
// Options: --allow all
// Exit: 0
// Verdict: pass
// Setup: transfers 0
// Warmup: transfers 8/32768
// Steady: transfers 64/262144, mmap 3/12288, munmap 3/12288, madvise 2/8192, sbrk 1/4096
// Teardown: malloc 1/1, free 1
// Also: syscallMmap, syscallMunmap, syscallBrk
#include "direct.h"
#include <linux/openat2.h>
#include <sys/syscall.h>

#define NAMED(result, name, ...) extern result name(__VA_ARGS__)
NAMED(int, __open, const char *, int, ...);
NAMED(int, __open64, const char *, int, ...);
NAMED(int, __open_nocancel, const char *, int, ...);
NAMED(int, __open64_nocancel, const char *, int, ...);
NAMED(int, __close, int);
NAMED(int, __close_nocancel, int);
NAMED(int, __fcntl, int, int, ...);
NAMED(int, __libc_fcntl64, int, int, ...);
NAMED(int, __dup2, int, int);
NAMED(ssize_t, __read, int, void *, size_t);
NAMED(ssize_t, __write, int, const void *, size_t);
NAMED(ssize_t, __read_nocancel, int, void *, size_t);
NAMED(ssize_t, __write_nocancel, int, const void *, size_t);
NAMED(ssize_t, __pread64, int, void *, size_t, off_t);
NAMED(ssize_t, __pwrite64, int, const void *, size_t, off_t);
NAMED(ssize_t, __libc_pread, int, void *, size_t, off_t);
NAMED(ssize_t, __libc_pwrite, int, const void *, size_t, off_t);
NAMED(void *, __mmap, void *, size_t, int, int, int, off_t);
NAMED(int, __munmap, void *, size_t);
NAMED(int, __madvise, void *, size_t, int);
NAMED(void *, __sbrk, intptr_t);

#define TIMES(n, call) \
    for (int i = 0; i < (n); i++) require((call) == BLOCK, #call)

// A number that was another file's, and is an O_DIRECT file's now that nobody has seen being opened.
static int received(const char *path, int close_it(int)) {
    int fd = open("/dev/null", O_RDWR);
    require(close_it(fd) == 0, "close");
    struct open_how how = {.flags = O_RDWR | O_DIRECT};
    require(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how)) == fd, "the number is used again");
    return fd;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    const char *path = arguments[1];
    int first = __open(path, O_RDWR | O_CREAT | O_DIRECT, 0600);
    require(first >= 0 && ftruncate(first, 4096L * BLOCK) == 0, "the first file");
    TIMES(3, __write(first, block, BLOCK));
    TIMES(2, __read(first, block, BLOCK));
    TIMES(5, __pread64(first, block, BLOCK, 0));
    TIMES(7, __pwrite64(first, block, BLOCK, 0));
    TIMES(9, __libc_pread(first, block, BLOCK, 0));
    TIMES(11, __libc_pwrite(first, block, BLOCK, 0));
    TIMES(8, __read_nocancel(first, block, BLOCK));
    TIMES(6, __write_nocancel(first, block, BLOCK));

    int flags = O_RDWR | O_DIRECT;
    int others[6] = {__open64(path, flags), __open_nocancel(path, flags), __open64_nocancel(path, flags),
                     received(path, __close), received(path, __close_nocancel)};
    for (int i = 0; i < 5; i++) write_blocks(others[i], 3);
    others[5] = open(path, O_RDWR);
    write_block(others[5], 0);
    require(__fcntl(others[5], F_SETFL, O_DIRECT) == 0, "__fcntl");
    write_blocks(others[5], 3);
    require(__libc_fcntl64(others[5], F_SETFL, 0) == 0, "__libc_fcntl64");
    write_block(others[5], 0);
    require(__dup2(first, others[5]) == others[5], "__dup2");
    write_blocks(others[5], 3);

    void *page = NULL;
    for (int i = 0; i < 3; i++) {
        page = __mmap(NULL, BLOCK, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        require(page != MAP_FAILED, "__mmap");
        if (i < 2) require(__madvise(page, BLOCK, MADV_DONTNEED) == 0, "__madvise");
        require(__munmap(page, BLOCK) == 0, "__munmap");
    }
    require(__sbrk(BLOCK) != (void *)-1, "__sbrk");
    for (int i = 0; i < 6; i++) __close(others[i]);
    __close_nocancel(first);
    free(keep(malloc(1)));
}
