// Intent: the program writes all over the interposer's memory, as a wild pointer would: what was counted there is unknown, and
// nothing of it is believed. The memory keeps its size.
// Exit: 2
// Verdict: inconclusive
// Reason: the ledger was damaged (
#include "direct.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static void find_ledger(unsigned long *start, unsigned long *end) {
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    while (fgets(line, sizeof(line), maps))
        if (strstr(line, "dioaudit-ledger")) sscanf(line, "%lx-%lx", start, end);
    fclose(maps);
}

// By the path that the interposer opens it by.
static void truncate_ledger(void) {
    char path[64] = "";
    sscanf(getenv("DIOAUDIT_LEDGER"), "%63[^,]", path);
    require(truncate(path, 4096) != 0 && errno == EPERM, "truncation is refused");
    require(truncate(path, 1L << 40) != 0 && errno == EPERM, "growth is refused");
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    int fd = open_direct(arguments[1]);
    truncate_ledger();
    unsigned long start = 0, end = 0;
    find_ledger(&start, &end);
    require(end > start, "the ledger is mapped");
    write_blocks(fd, 100);
    // Not by memset, whose page of libc may be faulted in here for the first time.
    for (volatile char *at = (char *)start + 4096; at < (char *)end; at++) *at = (char)0xff;
    _exit(0);
}
