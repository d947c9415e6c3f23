// Intent: a thread touches pages in its own steady phase while its process is in setup: the faults are its phase's, and those of
// its warm-up are not.
// Exit: 1
// Verdict: fail
// Warmup: transfers 1, pageFaultMinor >=5
// Steady: transfers 3, free >=0, pageFaultMinor 7
// Violation: pageFaultMinor 7
#include "direct.h"
#include <dioaudit.h>
#include <pthread.h>

static char *pages;
static int fd;

static void touch(int from, int count) {
    for (int page = from; page < from + count; page++) pages[page * BLOCK] = 1;
}

static void *poll_device(void *nothing) {
    dioaudit_phase_thread("warmup");
    write_block(fd, 0);
    touch(0, 5);
    dioaudit_phase_thread("steady");
    write_blocks(fd, 3);
    touch(5, 7);
    dioaudit_phase_thread(NULL);
    touch(12, 9);
    return nothing;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    dioaudit_phase("setup");
    pages = mmap(NULL, 21 * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(madvise(pages, 21 * BLOCK, MADV_NOHUGEPAGE) == 0, "madvise");
    fd = open_direct(arguments[1]);
    pthread_t poller;
    pthread_create(&poller, NULL, poll_device, NULL);
    pthread_join(poller, NULL);
    dioaudit_phase("teardown");
    close(fd);
}
