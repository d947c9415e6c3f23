// Intent: gives up its memory lock by the instruction itself, and shares memory by shmat: the kernel saw both, and nothing
// else did.
// Exit: 1
// Verdict: fail
// Reason: the kernel saw 1 munlockall system call in the steady phase
// Reason: the kernel saw 1 shmat system call in the steady phase
// Reason: less locked when its steady phase ended
// Steady: transfers 9, mappingsUnexplained 1/4096
#include "direct.h"
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/syscall.h>

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    lock_memory();
    int id = shmget(IPC_PRIVATE, BLOCK, IPC_CREAT | 0600);
    require(id >= 0, "shmget");
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_munlockall) : "rcx", "r11", "memory");
    require(result == 0, "munlockall");
    void *shared = shmat(id, NULL, 0);
    shmctl(id, IPC_RMID, NULL);
    require(shared != (void *)-1, "shmat");
    close(fd);
}
