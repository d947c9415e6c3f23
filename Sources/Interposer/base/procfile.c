#include "procfile.h"

#include <fcntl.h>
#include <string.h>

#include "ledger_abi.h"
#include "system.h"
#include "../rules.h"

enum { LINE = 512 };

static struct {
    long fd;
    long filled, used;
    char buffer[DIOAUDIT_PAGE];
    char line[LINE];
} lines;

uint64_t procfile_bytes;

bool procfile_open(const char *path) {
    lines.fd = SYSTEM(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    lines.filled = lines.used = 0;
    return lines.fd >= 0;
}

bool procfile_has_ended(void) {
    long error = lines.fd < 0 ? lines.fd : lines.filled;
    return error == -ENOENT || error == -ESRCH;
}

void procfile_close(void) {
    SYSTEM(SYS_close, lines.fd);
}

const char *procfile_line(void) {
    size_t length = 0;
    for (;;) {
        if (lines.used == lines.filled) {
            lines.filled = SYSTEM(SYS_read, lines.fd, lines.buffer, sizeof(lines.buffer));
            lines.used = 0;
            if (lines.filled <= 0) return NULL;
            procfile_bytes += (uint64_t)lines.filled;
        }
        char byte = lines.buffer[lines.used++];
        if (byte == '\n') break;
        if (length < LINE - 1) lines.line[length++] = byte;
    }
    lines.line[length] = 0;
    return lines.line;
}

uint64_t procfile_number(const char *text) {
    uint64_t value = 0;
    while (*text && (*text < '0' || *text > '9')) text++;
    for (; *text >= '0' && *text <= '9'; text++) value = value * 10 + (uint64_t)(*text - '0');
    return value;
}

const char *procfile_stat_field(const char *line, int number) {
    const char *at = line ? strrchr(line, ')') : NULL;
    for (int field = 2; at && field < number; field++) at = strchr(at + 1, ' ');
    return at;
}
