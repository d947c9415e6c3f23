// Intent: a file's first transfer lies in an allowed region: its page faults are warm-up's, and are taken out of the steady
// phase's once; they hide none that come later.
// Exit: 1
// Verdict: fail
// Steady: transfers 109, pageFaultMinor 490
// Region: allowed 'read a table' entered 1 nothing
// Violation: pageFaultMinor 490
#include "direct.h"
#include <dioaudit.h>

enum { TABLE = 500 * BLOCK, LATER = 490 * BLOCK };

static char *map(size_t bytes, int flags) {
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    require(memory != MAP_FAILED && madvise(memory, bytes, MADV_NOHUGEPAGE) == 0, "mmap");
    return memory;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    static char name[4096];
    strcat(strcpy(name, arguments[1]), ".table");
    char *table = map(TABLE, 0), *later = map(LATER, 0), *content = map(TABLE, MAP_POPULATE);
    int writer = open(name, O_RDWR | O_CREAT, 0600);
    require(writer >= 0 && write(writer, content, TABLE) == TABLE && close(writer) == 0, "the table");
    int fd = open_direct(arguments[1]), reader = open_direct(name);
    write_blocks(fd, 10);
    dioaudit_allow_begin("read a table");
    require(pread(reader, table, TABLE, 0) == TABLE, "short read");
    dioaudit_allow_end("read a table");
    for (size_t at = 0; at < LATER; at += BLOCK) *(volatile char *)(later + at) = 1;
    write_blocks(fd, 100);
    close(fd);
    close(reader);
}
