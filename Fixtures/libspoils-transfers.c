// A disk that lies, for the driver's tests: once SPOIL names a call ("pread" or "pwrite"), every 100th such call on the
// driver's file gives wrong data or moves half of it.
#include "direct.h"
#include <sys/syscall.h>

static int is_spoilt(const char *call) {
    static int calls;
    const char *wanted = getenv("SPOIL");
    return wanted && strcmp(wanted, call) == 0 && ++calls % 100 == 0;
}

ssize_t pread(int fd, void *data, size_t length, off_t at) {
    ssize_t moved = syscall(SYS_pread64, fd, data, length, at);
    if (moved > 0 && is_spoilt("pread")) ((char *)data)[moved - 512] ^= 1;
    return moved;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t at) {
    return syscall(SYS_pwrite64, fd, data, is_spoilt("pwrite") ? length / 2 : length, at);
}
