// Intent: data of O_DIRECT files is moved by each call there is, past libc and by i386's numbers too, each a number of times that
// no other has. The interposer sees libc's pwrite alone, so that the phases are the kernel's.
// Options: --allow pageFaultMinor,pageFaultMajor,mmap,syscallMmap
// Exit: 0
// Verdict: pass
// Needs: root
// Kernel: pwrite64 31, read 5, write 7, pread64 9, readv 11, writev 13, preadv 15, pwritev 17, preadv2 19, pwritev2 21
// Kernel: sendfile 110, splice 128, copy_file_range 112
// Warmup: transfers 1/4096
// Steady: transfers 497, syscallMmap 1/8192
#include "direct.h"
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/uio.h>

// i386: arch/x86/entry/syscalls/syscall_32.tbl
enum {
    I386_READ = 3,
    I386_WRITE = 4,
    I386_READV = 145,
    I386_WRITEV = 146,
    I386_PREAD64 = 180,
    I386_PWRITE64 = 181,
    I386_SENDFILE = 187,
    I386_SENDFILE64 = 239,
    I386_SPLICE = 313,
    I386_PREADV = 333,
    I386_PWRITEV = 334,
    I386_COPY_FILE_RANGE = 377,
    I386_PREADV2 = 378,
    I386_PWRITEV2 = 379
};

static long call(long number, long a, long b, long c, long d, long e, long f) {
    register long fourth __asm__("r10") = d;
    register long fifth __asm__("r8") = e;
    register long sixth __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
                     : "rcx", "r11", "memory");
    return result;
}

// The kernel takes the lower half of each register, and the upper half of the descriptor's is dirt. The sixth argument is 0.
static long call_i386(long number, long a, long b, long c, long d, long e) {
    long result;
    __asm__ volatile("push %%rbp; xor %%ebp, %%ebp; int $0x80; pop %%rbp"
                     : "=a"(result)
                     : "a"(number), "b"(a | 0x7f00000000), "c"(b), "d"(c), "S"(d), "D"(e)
                     : "r8", "r9", "r10", "r11", "memory", "cc");
    return (int)result;
}

// What i386's pointers reach.
struct low {
    _Alignas(BLOCK) char block[BLOCK];
    struct iovec vector;
    uint32_t i386_vector[2];
    int64_t offset, other_offset;
};

static struct low *low;

static long low_address(const void *of) {
    return (long)(uintptr_t)of;
}

#define TIMES(n, moves) \
    for (int i = 0; i < (n); i++) require((moves) == BLOCK, #moves)

static void move_blocks(int fd) {
    TIMES(2, call(SYS_read, fd, low_address(low->block), BLOCK, 0, 0, 0));
    TIMES(3, call(SYS_write, fd, low_address(low->block), BLOCK, 0, 0, 0));
    TIMES(4, call(SYS_pread64, fd, low_address(low->block), BLOCK, 0, 0, 0));
    TIMES(21, call(SYS_pwrite64, fd, low_address(low->block), BLOCK, 0, 0, 0));
    TIMES(5, call(SYS_readv, fd, low_address(&low->vector), 1, 0, 0, 0));
    TIMES(6, call(SYS_writev, fd, low_address(&low->vector), 1, 0, 0, 0));
    TIMES(7, call(SYS_preadv, fd, low_address(&low->vector), 1, 0, 0, 0));
    TIMES(8, call(SYS_pwritev, fd, low_address(&low->vector), 1, 0, 0, 0));
    TIMES(9, call(SYS_preadv2, fd, low_address(&low->vector), 1, 0, 0, 0));
    TIMES(10, call(SYS_pwritev2, fd, low_address(&low->vector), 1, 0, 0, 0));
}

static void move_blocks_by_i386(int fd) {
    TIMES(3, call_i386(I386_READ, fd, low_address(low->block), BLOCK, 0, 0));
    TIMES(4, call_i386(I386_WRITE, fd, low_address(low->block), BLOCK, 0, 0));
    TIMES(5, call_i386(I386_PREAD64, fd, low_address(low->block), BLOCK, 0, 0));
    call_i386(I386_PWRITE64, fd, low_address(low->block), 0, 0, 0);  // moves nothing
    TIMES(6, call_i386(I386_READV, fd, low_address(low->i386_vector), 1, 0, 0));
    TIMES(7, call_i386(I386_WRITEV, fd, low_address(low->i386_vector), 1, 0, 0));
    TIMES(8, call_i386(I386_PREADV, fd, low_address(low->i386_vector), 1, 0, 0));
    TIMES(9, call_i386(I386_PWRITEV, fd, low_address(low->i386_vector), 1, 0, 0));
    TIMES(10, call_i386(I386_PREADV2, fd, low_address(low->i386_vector), 1, 0, 0));
    TIMES(11, call_i386(I386_PWRITEV2, fd, low_address(low->i386_vector), 1, 0, 0));
}

// From a file to a pipe, and from it to the file: two transfers.
static long through_pipe(int fd, const int ends[2], int i386) {
    low->offset = low->other_offset = 0;
    long in = low_address(&low->offset), out = low_address(&low->other_offset);
    long read = i386 ? call_i386(I386_SPLICE, fd, in, ends[1], 0, BLOCK) : call(SYS_splice, fd, in, ends[1], 0, BLOCK, 0);
    long written = i386 ? call_i386(I386_SPLICE, ends[0], 0, fd, out, BLOCK) : call(SYS_splice, ends[0], 0, fd, out, BLOCK, 0);
    return read == written ? read : -1;
}

static long send(int to, int from, long number) {
    low->offset = 0;
    require(lseek(to, 0, SEEK_SET) == 0, "lseek");
    return number == SYS_sendfile ? call(number, to, from, low_address(&low->offset), BLOCK, 0, 0)
                                  : call_i386(number, to, from, low_address(&low->offset), BLOCK, 0);
}

static long copy(int to, int from, int i386) {
    low->offset = low->other_offset = 0;
    long in = low_address(&low->offset), out = low_address(&low->other_offset);
    return i386 ? call_i386(I386_COPY_FILE_RANGE, from, in, to, out, BLOCK)
                : call(SYS_copy_file_range, from, in, to, out, BLOCK, 0);
}

static void move_between_files(int fd, int other, int plain) {
    int ends[2];
    require(pipe(ends) == 0, "pipe");
    TIMES(31, through_pipe(fd, ends, 0));
    TIMES(33, through_pipe(fd, ends, 1));
    TIMES(10, send(plain, fd, SYS_sendfile));
    TIMES(20, send(fd, plain, SYS_sendfile));
    TIMES(30, send(other, fd, SYS_sendfile));
    TIMES(23, send(plain, fd, I386_SENDFILE));
    TIMES(27, send(fd, plain, I386_SENDFILE64));
    TIMES(29, copy(plain, fd, 0));
    TIMES(28, copy(fd, plain, 0));
    TIMES(27, copy(other, fd, 1));
    TIMES(28, copy(fd, other, 0));
    // Of these none is an O_DIRECT file.
    require(through_pipe(plain, ends, 0) == BLOCK && through_pipe(plain, ends, 1) == BLOCK, "splice");
    int plain_too = dup(plain);
    require(send(plain_too, plain, SYS_sendfile) == BLOCK, "sendfile");
    close(plain_too);
    close(ends[0]);
    close(ends[1]);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char path[4096];
    require(snprintf(path, sizeof(path), "%s-2", arguments[1]) < (int)sizeof(path), "a path too long");
    int fd = open_direct(arguments[1]), other = open_direct(path), plain = open(path, O_RDWR);
    require(ftruncate(fd, 64 * BLOCK) == 0 && ftruncate(other, 64 * BLOCK) == 0 && plain >= 0, "ftruncate");
    write_blocks(fd, 10);
    low = mmap(NULL, sizeof(struct low), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    require(low != MAP_FAILED, "mmap");
    low->vector = (struct iovec){low->block, BLOCK};
    low->i386_vector[0] = (uint32_t)low_address(low->block);
    low->i386_vector[1] = BLOCK;
    move_blocks(fd);
    move_blocks_by_i386(fd);
    move_between_files(fd, other, plain);
    close(fd);
    close(other);
}
