// A library that defines one of the two names of a function, and counts its calls.
#define _GNU_SOURCE
#include "raw.h"
#include <errno.h>
#include <unistd.h>

int large_calls;

ssize_t pread64(int fd, void *data, size_t length, off64_t at) {
    large_calls++;
    long result = raw(SYS_pread64, fd, (long)data, (long)length, at);
    if (result >= 0) return result;
    errno = (int)-result;
    return -1;
}
