// stated STATE EVENTS: keeps on disk which disks of an array have failed. Before an event is answered, its record must be in STATE,
// which is written by O_DIRECT. An event is a line of EVENTS: "beat", or "fail DISK REASON".
// It has a bug, which docs/tutorial.md finds and mends.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCK = 4096, DISKS = 8 };

struct disk {
    char *reason;  // NULL while it works
};

static struct disk disks[DISKS];
static char record[BLOCK] __attribute__((aligned(BLOCK)));
static char events[16 * BLOCK];

// The record is one block, so that it is old or new and nothing between.
static void write_record(int fd, int count) {
    int length = snprintf(record, BLOCK, "events %d\n", count);
    for (int i = 0; i < DISKS; i++)
        if (disks[i].reason)
            length += snprintf(record + length, (size_t)(BLOCK - length), "disk %d failed: %.100s\n", i, disks[i].reason);
    if (pwrite(fd, record, BLOCK, 0) != BLOCK) _exit(3);
}

static void fail_disk(int number, const char *reason) {
    if (number < 0 || number >= DISKS) return;
    disks[number].reason = strdup(reason);
}

static void handle(char *event) {
    char *end;
    if (strncmp(event, "fail ", 5) != 0) return;
    long number = strtol(event + 5, &end, 10);
    fail_disk((int)number, *end == ' ' ? end + 1 : end);
}

static void read_events(const char *path) {
    int fd = open(path, O_RDONLY);
    if (fd < 0 || read(fd, events, sizeof(events) - 1) < 0) _exit(2);
    close(fd);
}

int main(int count, char **arguments) {
    if (count != 3) return 64;
    int fd = open(arguments[1], O_RDWR | O_CREAT | O_DIRECT, 0600);
    if (fd < 0) return 2;
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) return 2;
    read_events(arguments[2]);
    int handled = 0;
    for (char *event = strtok(events, "\n"); event; event = strtok(NULL, "\n")) {
        handle(event);
        write_record(fd, ++handled);
    }
    close(fd);
    return 0;
}
