// Intent: maps by the instruction itself, without a syscalls witness: the address space grows, and no call explains it.
// What is unmapped before hides nothing of it.
// Options: --syscalls off
// Exit: 1
// Verdict: fail
// Reason: mapping calls are judged, and no witness of the kernel's side watched them
// Warmup: transfers 1
// Steady: transfers 19, munmap 1/40960, mappingsUnexplained 10/40960
// Violation: mappingsUnexplained 10/40960
#include "direct.h"
#include <sys/syscall.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    void *spare = mmap(NULL, 10 * BLOCK, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(spare != MAP_FAILED, "mmap");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    require(munmap(spare, 10 * BLOCK) == 0, "munmap");
    for (int i = 0; i < 10; i++) {
        register long flags __asm__("r10") = MAP_PRIVATE | MAP_ANONYMOUS, none __asm__("r8") = -1, start __asm__("r9") = 0;
        long mapped;
        __asm__ volatile("syscall"
                         : "=a"(mapped)
                         : "a"(SYS_mmap), "D"(0), "S"(BLOCK), "d"(PROT_NONE), "r"(flags), "r"(none), "r"(start)
                         : "rcx", "r11", "memory");
        require(mapped > 0, "mmap");
    }
    write_blocks(fd, 10);
    close(fd);
}
