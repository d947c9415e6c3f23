// Intent: fills shared memory by userfaultfd(2) behind a page fault in a file that counts as warm-up, since another file's first transfer
// takes it. A page fault in a file may bring a huge page; what this one brought only the kernel's records show.
// Options: --no-require-lock
// Needs: root
// Exit: 1
// Verdict: fail
// Warmup: transfers 2, pageFaultMinor 1
// Steady: transfers 19, pagesUnexplained 70/286720
// Violation: pagesUnexplained 70/286720
#include "filler.h"

// As UFFDIO_COPY fills it: 70 of its pages.
static void share_memory(void) {
    filler.memory = mmap(NULL, FILLER_PAGES * BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    require(filler.memory != MAP_FAILED, "mmap");
    struct uffdio_register all = {
        .range = {(unsigned long)filler.memory, FILLER_PAGES * BLOCK}, .mode = UFFDIO_REGISTER_MODE_MISSING};
    require(ioctl(filler.descriptor, UFFDIO_REGISTER, &all) == 0, "UFFDIO_REGISTER");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    // No other page fault: neither of the program's code nor of libc's.
    require(mlockall(MCL_CURRENT) == 0, "mlockall");
    char *untouched = mmap(NULL, BLOCK, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    require(untouched != MAP_FAILED, "mmap");
    prepare_filler();
    share_memory();
    fill_behind_fault(arguments[1], untouched);
}
