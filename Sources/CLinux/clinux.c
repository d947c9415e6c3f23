#include "clinux.h"

#include <fcntl.h>
#include <sys/stat.h>

const int cl_rwf_dsync = RWF_DSYNC;

const unsigned char cl_iosqe_fixed_file = IOSQE_FIXED_FILE;

uint64_t cl_memlock_limit(void) {
    struct rlimit limit = {0};
    getrlimit(RLIMIT_MEMLOCK, &limit);
    return limit.rlim_cur;
}

// MARK: arguments

static int argument_count;
static char **arguments;

// glibc hands constructors what it hands to main.
__attribute__((constructor)) static void keep_arguments(int count, char **values) {
    argument_count = count;
    arguments = values;
}

int cl_argument_count(void) {
    return argument_count;
}

char *const *cl_arguments(void) {
    return arguments;
}

// MARK: files

int cl_create_direct(const char *path) {
    return open(path, O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
}

int64_t cl_direct_alignment(int fd) {
#ifdef STATX_DIOALIGN  // Linux 6.1
    struct statx status;
    if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) == 0 && status.stx_mask & STATX_DIOALIGN) {
        return status.stx_dio_offset_align;
    }
#endif
    return -1;
}
