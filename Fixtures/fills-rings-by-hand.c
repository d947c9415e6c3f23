// Intent: reads by an io_uring that it makes and fills by itself, by the instruction: the kernel accounts what its thread does. Of
// io_uring_enter by liburing only the kernel's records tell what it submits.
// Link: -luring
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: accounts 49152 bytes read from disks in the steady phase to
// Reason: made 1 direct system call
// Root Exit: 0
// Root Verdict: pass
// Root Reason: none
// Warmup: transfers 2
// Steady: transfers 10
// Root Warmup: transfers 1
// Root Steady: transfers 21
#include "direct.h"
#include "raw.h"
#include <liburing.h>

enum { DEPTH = 8 };

static unsigned *at(char *ring, unsigned offset) {
    return (unsigned *)(void *)(ring + offset);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    struct io_uring_params parameters = {0};
    int ring = (int)raw(SYS_io_uring_setup, DEPTH, (long)&parameters, 0, 0);
    require(ring >= 0, "io_uring_setup");
    char *queue = mmap(NULL, 16384, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQ_RING);
    struct io_uring_sqe *sqes =
        mmap(NULL, DEPTH * sizeof(*sqes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, IORING_OFF_SQES);
    require(queue != MAP_FAILED && sqes != MAP_FAILED, "mmap");

    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);                       // 1 and 9
    for (int i = 0; i < 2; i++) read_block(fd, i);  // 1 and 1
    for (int i = 0; i < 10; i++) {
        sqes[0] = (struct io_uring_sqe){
            .opcode = IORING_OP_READ, .fd = fd, .addr = (unsigned long)block, .len = BLOCK, .off = (unsigned long)i * BLOCK};
        at(queue, parameters.sq_off.array)[*at(queue, parameters.sq_off.tail) & *at(queue, parameters.sq_off.ring_mask)] = 0;
        __atomic_fetch_add(at(queue, parameters.sq_off.tail), 1, __ATOMIC_RELEASE);
        int entered = i == 0 ? io_uring_enter((unsigned)ring, 1, 1, IORING_ENTER_GETEVENTS, NULL)
                             : (int)raw(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS);
        require(entered == 1, "io_uring_enter");
        __atomic_fetch_add(at(queue, parameters.cq_off.head), 1, __ATOMIC_RELEASE);
    }
    close(fd);
}
