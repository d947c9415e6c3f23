#include "movers.h"

#include <linux/io_uring.h>
#include <sys/syscall.h>

#include "clinux_trace.h"

// i386: arch/x86/entry/syscalls/syscall_32.tbl
const struct mover movers[] = {
    {CL_READ, {SYS_read, 3}, 0, NO_FILE, true},
    {CL_WRITE, {SYS_write, 4}, NO_FILE, 0, true},
    {CL_PREAD64, {SYS_pread64, 180}, 0, NO_FILE, true},
    {CL_PWRITE64, {SYS_pwrite64, 181}, NO_FILE, 0, true},
    {CL_READV, {SYS_readv, 145}, 0, NO_FILE, false},
    {CL_WRITEV, {SYS_writev, 146}, NO_FILE, 0, false},
    {CL_PREADV, {SYS_preadv, 333}, 0, NO_FILE, false},
    {CL_PWRITEV, {SYS_pwritev, 334}, NO_FILE, 0, false},
    {CL_PREADV2, {SYS_preadv2, 378}, 0, NO_FILE, false},
    {CL_PWRITEV2, {SYS_pwritev2, 379}, NO_FILE, 0, false},
    {CL_SENDFILE, {SYS_sendfile, 187}, 1, 0, false},
    {CL_SENDFILE, {-1, 239}, 1, 0, false},  // sendfile64
    {CL_SPLICE, {SYS_splice, 313}, 0, 2, false},
    {CL_COPY_FILE_RANGE, {SYS_copy_file_range, 377}, 0, 2, false},
};

const int movers_count = sizeof(movers) / sizeof(movers[0]);

const struct mover *movers_find(enum abi abi, uint64_t number) {
    for (int i = 0; i < movers_count; i++)
        if (movers[i].number[abi] >= 0 && (uint64_t)movers[i].number[abi] == number) return &movers[i];
    return 0;
}

// Newer than some versions of linux/io_uring.h.
enum { OP_READ_MULTISHOT = 49, OP_READV_FIXED = 60, OP_WRITEV_FIXED = 61 };

const uint8_t movers_requests[MOVERS_REQUESTS] = {
    IORING_OP_READV, IORING_OP_WRITEV, IORING_OP_READ_FIXED, IORING_OP_WRITE_FIXED, IORING_OP_READ,
    IORING_OP_WRITE, IORING_OP_SPLICE, OP_READ_MULTISHOT,    OP_READV_FIXED,        OP_WRITEV_FIXED};

bool movers_request_writes(uint64_t opcode) {
    return opcode == IORING_OP_WRITEV || opcode == IORING_OP_WRITE_FIXED || opcode == IORING_OP_WRITE ||
           opcode == IORING_OP_SPLICE || opcode == OP_WRITEV_FIXED;
}
