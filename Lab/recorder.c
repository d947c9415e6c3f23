// Takes mdmon's place for one failure of a disk: waits for it, writes 128 KiB by O_DIRECT to the other disk, and lets the array's
// writes go on. Locked in memory, and warm: it has written once.
//     recorder VOLUME FAILING OTHER [allocate], such as: recorder md126 sda /dev/sdb
// allocate: with 33 new pages for that, as many as glibc's arena takes in mdmon.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>

#include "attribute.h"

enum { PAGE = 4096, BYTES = 128 << 10, PAGES = 33 };
static const off_t UNUSED = 152 << 20; // behind the volume, and before DDF's metadata

static int open_attribute(const char *volume, const char *name) {
    char path[200];
    snprintf(path, sizeof path, "/sys/block/%s/md/%s", volume, name);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) die(path);
    return fd;
}

static void put(int fd, const char *word) {
    if (write(fd, word, strlen(word)) != (ssize_t)strlen(word)) die(word);
}

int main(int count, char **arguments) {
    if (count < 4) return 64;
    bool allocates = count > 4;
    char name[100];
    snprintf(name, sizeof name, "dev-%s/state", arguments[2]);
    int state = open_attribute(arguments[1], name), array = open_attribute(arguments[1], "array_state");
    int disk = open(arguments[3], O_RDWR | O_DIRECT | O_CLOEXEC);
    char *record = aligned_alloc(PAGE, BYTES);
    if (disk < 0 || record == NULL) die(arguments[3]);
    memset(record, 1, BYTES);
    if (mlockall(MCL_CURRENT | MCL_FUTURE)) die("mlockall");
    if (pwrite(disk, record, BYTES, UNUSED) != BYTES) die("pwrite");
    printf("warm\n");
    fflush(stdout);

    while (!is_in(state, "blocked")) {
        struct pollfd changes = {.fd = state, .events = POLLPRI};
        poll(&changes, 1, -1);
    }
    if (allocates && mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED) die("mmap");
    if (pwrite(disk, record, BYTES, UNUSED) != BYTES) die("pwrite");
    put(state, "-blocked");
    put(array, "active");
    pause();
}
