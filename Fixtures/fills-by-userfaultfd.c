// Intent: fills pages by userfaultfd(2), each without a page fault: in the steady phase, and in an interlude of it.
// Exit: 1
// Verdict: fail
// Warmup: transfers 2
// Steady: transfers 28, pagesUnexplained 100/409600
// Settled: never
// Violation: pagesUnexplained 100/409600
#include "direct.h"
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

enum { PAGES = 100 };

static char *memory;
static int filler;

static void prepare(void) {
    memory = mmap(NULL, PAGES * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(memory != MAP_FAILED, "mmap");
    filler = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
    require(filler >= 0, "userfaultfd");
    struct uffdio_api api = {.api = UFFD_API};
    require(ioctl(filler, UFFDIO_API, &api) == 0, "UFFDIO_API");
    struct uffdio_register all = {
        .range = {(unsigned long)memory, PAGES * BLOCK}, .mode = UFFDIO_REGISTER_MODE_MISSING};
    require(ioctl(filler, UFFDIO_REGISTER, &all) == 0, "UFFDIO_REGISTER");
}

static void fill(int from, int to) {
    struct uffdio_copy copy = {
        .dst = (unsigned long)memory + (unsigned long)from * BLOCK, .src = (unsigned long)block, .len = BLOCK};
    for (; from < to; from++, copy.dst += BLOCK) require(ioctl(filler, UFFDIO_COPY, &copy) == 0, "UFFDIO_COPY");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    prepare();
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    fill(0, 60);
    write_blocks(fd, 10);
    close(fd);
    fill(60, PAGES);
    fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    close(fd);
}
