// Intent: an advice to io_uring gives back 100 pages of the process in the steady phase, and userfaultfd brings as many, so that none is
// gained. What it gave back only the kernel's records show: without them there is no pass.
// Link: -luring
// Exit: 2
// Verdict: inconclusive
// Reason: the resident pages of advises-by-uring
// Root Exit: 1
// Root Verdict: fail
// Root Reason: 100 unexplained resident pages
// Warmup: transfers 1
// Steady: transfers 19
// Root Steady: transfers 19, pagesUnexplained 100/409600
// Root Violation: pagesUnexplained 100/409600
#include "filler.h"
#include <liburing.h>

enum { PAGES = 100 };

// The first request of a ring makes a thread of the kernel.
static void advise(struct io_uring *ring, char *at, int advice) {
    struct io_uring_sqe *request = io_uring_get_sqe(ring);
    io_uring_prep_madvise(request, at, PAGES * BLOCK, advice);
    struct io_uring_cqe *done = NULL;
    require(io_uring_submit(ring) == 1 && io_uring_wait_cqe(ring, &done) == 0 && done->res == 0, "IORING_OP_MADVISE");
    io_uring_cqe_seen(ring, done);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    prepare_filler();
    char *present = mmap(NULL, PAGES * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(present != MAP_FAILED && madvise(present, PAGES * BLOCK, MADV_NOHUGEPAGE) == 0, "mmap");
    memset(present, 1, PAGES * BLOCK);
    struct io_uring ring;
    require(io_uring_queue_init(8, &ring, 0) == 0, "io_uring_queue_init");
    advise(&ring, present, MADV_NORMAL);
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    fill_pages(PAGES);
    advise(&ring, present, MADV_DONTNEED);
    write_blocks(fd, 10);
    close(fd);
}
