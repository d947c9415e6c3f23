// Fills pages without a page fault, by userfaultfd(2).
#ifndef FILLER_H
#define FILLER_H

#include "direct.h"
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

enum { FILLER_PAGES = 100 };

static struct {
    char *memory;
    int descriptor;
    int filled;
} filler;

static inline void prepare_filler(void) {
    filler.memory = mmap(NULL, FILLER_PAGES * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(filler.memory != MAP_FAILED, "mmap");
    filler.descriptor = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
    require(filler.descriptor >= 0, "userfaultfd");
    struct uffdio_api api = {.api = UFFD_API};
    require(ioctl(filler.descriptor, UFFDIO_API, &api) == 0, "UFFDIO_API");
    struct uffdio_register all = {
        .range = {(unsigned long)filler.memory, FILLER_PAGES * BLOCK}, .mode = UFFDIO_REGISTER_MODE_MISSING};
    require(ioctl(filler.descriptor, UFFDIO_REGISTER, &all) == 0, "UFFDIO_REGISTER");
}

// The next pages, each by a call of its own.
static inline void fill_pages(int pages) {
    for (; pages > 0; pages--, filler.filled++) {
        struct uffdio_copy copy = {
            .dst = (unsigned long)filler.memory + (unsigned long)filler.filled * BLOCK,
            .src = (unsigned long)block,
            .len = BLOCK,
        };
        require(ioctl(filler.descriptor, UFFDIO_COPY, &copy) == 0, "UFFDIO_COPY");
    }
}

// The same behind the first page fault of a page that a file's first transfer reads into: that counts as warm-up. `memory` is where
// what is read goes.
static inline void fill_behind_fault(const char *path, char *memory) {
    int fd = open_direct(path);
    write_blocks(fd, 10);
    int other = open(path, O_RDONLY | O_DIRECT);
    require(pread(other, memory, BLOCK, 0) == BLOCK, "pread");
    fill_pages(70);
    write_blocks(fd, 10);
    close(other);
    close(fd);
}

#endif
