// Link: -luring
// Intent: files are registered with rings in each way, more than 64 with one, and with more than 16 rings. Each stays open without a
// descriptor, until it is replaced.
// Options: --allow pageFaultMinor,pageFaultMajor,mmap,munmap,syscallMmap
// Exit: 0
// Verdict: pass
// Warmup: transfers 3
// Steady: transfers 230
// Teardown: malloc 1/77, free 1
#include "direct.h"
#include <liburing.h>

enum { RINGS = 20, MANY = 200 };
static struct io_uring rings[RINGS];

static void write_registered(struct io_uring *ring, int index) {
    struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
    io_uring_prep_write(sqe, index, block, BLOCK, 0);
    sqe->flags |= IOSQE_FIXED_FILE;
    struct io_uring_cqe *cqe = NULL;
    require(io_uring_submit(ring) == 1 && io_uring_wait_cqe(ring, &cqe) == 0 && cqe->res == BLOCK, "a registered file");
    io_uring_cqe_seen(ring, cqe);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    static char name[4096];
    for (int i = 0; i < RINGS; i++) require(io_uring_queue_init(2, &rings[i], 0) == 0, "io_uring_queue_init");
    int null = open("/dev/null", O_RDWR), first = open_direct(arguments[1]);
    int second = open_direct(strcat(strcpy(name, arguments[1]), ".second"));
    write_blocks(first, 1);
    write_blocks(second, 1);

    static int many[MANY];
    for (int i = 0; i < MANY; i++) many[i] = i % 2 ? first : null;
    require(io_uring_register_files(&rings[0], many, MANY) == 0, "register_files");
    for (int i = 0; i < MANY; i++) write_registered(&rings[0], i);  // 100 on the O_DIRECT file
    for (int i = 1; i < RINGS; i++) {
        require(io_uring_register_files_sparse(&rings[i], 1000) == 0, "register_files_sparse");
        require(io_uring_register_files_update(&rings[i], 900, &second, 1) == 1, "register_files_update");
        for (int k = 0; k < 5; k++) write_registered(&rings[i], 900);  // 95
    }
    __u64 tag = 0;
    require(io_uring_register_files_update_tag(&rings[0], 1, &second, &tag, 1) == 1, "register_files_update_tag");
    close(first);
    int third = open_direct(strcat(strcpy(name, arguments[1]), ".third"));
    require(io_uring_register_files_update(&rings[0], 0, &third, 1) == 1, "register_files_update");
    close(second);
    close(third);
    for (int k = 0; k < 16; k++) write_registered(&rings[0], 0);   // 1 and 15
    for (int k = 0; k < 10; k++) write_registered(&rings[0], 1);   // 10
    for (int k = 0; k < 10; k++) write_registered(&rings[0], 3);   // 10: the first file is open still
    for (int i = 0; i < RINGS; i++) require(io_uring_unregister_files(&rings[i]) == 0, "unregister_files");
    free(keep(malloc(77)));
    _exit(0);
}
