// Intent: `int $0x80` has i386's numbers: its mmap counts as one, and its link, whose number is x86-64's mmap, does not.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 1
// Verdict: fail
// Steady: transfers 9, syscallMmap 4/12288, syscallMunmap 3/12288
// Violation: syscallMmap 4/12288
#include "direct.h"
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

enum { I386_LINK = 9, I386_CHDIR = 12, I386_OLD_MMAP = 90, I386_MUNMAP = 91, I386_IPC = 117, I386_MMAP2 = 192 };

// Its sixth argument is RBP's, and 0. Other registers differ from these, as they would in any program.
static long call(long number, long a, long b, long c, long d, long e) {
    long result;
    __asm__ volatile("push %%rbp; xor %%ebp, %%ebp; int $0x80; pop %%rbp"
                     : "=a"(result)
                     : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
                     : "r8", "r9", "r10", "r11", "memory", "cc");
    return result;
}

static void map_and_unmap(void) {
    long page = call(I386_MMAP2, 0, BLOCK, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    require(page > 0, "mmap2");
    require(call(I386_MUNMAP, page, BLOCK, 0, 0, 0) == 0, "munmap");
}

// None of these is to be counted. The last two arguments are those that x86-64's calls would have as their first.
static void call_others(long fourth, long fifth) {
    for (int i = 0; i < 7; i++) require(call(I386_LINK, 0, 0, 0, fourth, fifth) < 0, "link");
    for (int i = 0; i < 5; i++) require(call(I386_CHDIR, 0, 0, 0, fourth, fifth) < 0, "chdir");
    require(call(I386_IPC, 2, 0, 0, fourth, fifth) < 0, "semget");
}

// Nor are these, whose numbers are those of i386's calls.
static void call_others_of_64_bits(void) {
    require(chmod("", 0) < 0 && fchmod(-1, 0) < 0 && recv(-1, NULL, 0, 0) < 0, "64-bit calls");
    require(lgetxattr("", "", NULL, 0) < 0 && open("", O_RDONLY) < 0, "more 64-bit calls");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    for (int i = 0; i < 3; i++) map_and_unmap();
    require(call(I386_OLD_MMAP, 0, 0, 0, 1, 2) < 0, "a mmap without arguments");
    call_others(1, 2);
    call_others_of_64_bits();
    // Where only the arguments show the ABI of a call, these do not show it.
    if (count > 2) call_others(0, 0);
    close(fd);
}
