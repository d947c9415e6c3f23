// Intent: in an allowed region a page fault in a file brings as many pages as the kernel maps around it, since Linux 6.18 a whole folio:
// it explains all of them.
// Exit: 0
// Verdict: pass
// Warmup: transfers 1
// Steady: transfers 19, pageFaultMinor 16
// Region: allowed 'looks at the file' entered 1 nothing
#include "dioaudit.h"
#include "direct.h"

enum { PAGES = 8192, FOLIO = 512 };

static char buffer[FOLIO * BLOCK];

// So that it lies in the page cache in large folios, as readahead takes them.
static void write_and_read(const char *path) {
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    require(fd >= 0, "open");
    for (int i = 0; i < PAGES; i += FOLIO) require(write(fd, buffer, sizeof(buffer)) == sizeof(buffer), "write");
    require(fdatasync(fd) == 0 && posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) == 0 && lseek(fd, 0, SEEK_SET) == 0, "drop");
    for (int i = 0; i < PAGES; i += FOLIO) require(read(fd, buffer, sizeof(buffer)) == sizeof(buffer), "read");
    close(fd);
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    static char name[4096];
    strcat(strcpy(name, arguments[1]), ".mapped");
    write_and_read(name);
    int mapped = open(name, O_RDONLY), fd = open_direct(arguments[1]);
    volatile char *file = mmap(NULL, PAGES * BLOCK, PROT_READ, MAP_SHARED, mapped, 0);
    require(file != MAP_FAILED, "mmap");
    write_blocks(fd, 10);
    dioaudit_allow_begin("looks at the file");
    for (int i = 5; i < PAGES; i += FOLIO) (void)file[i * BLOCK];
    dioaudit_allow_end("looks at the file");
    write_blocks(fd, 10);
    close(fd);
}
