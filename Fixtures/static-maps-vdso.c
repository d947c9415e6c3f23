// Flags: -static
// Needs: root
// Intent: a static program maps without mmap: its vDSO again, which it unmapped in its setup. It takes it away each time, so that nothing
// of it is left.
// Options: --allow heap,faults
// Exit: 2
// Verdict: inconclusive
// Reason: the kernel saw 5 ARCH_MAP_VDSO system calls in the steady phase
// Warmup: transfers 1
// Steady: transfers 19
#include "raw.h"
#include "direct.h"

#include <sys/auxv.h>

enum { MAP_VDSO_64 = 0x2003 };

// Data pages, in one mapping or more, and code: [vvar], [vvar_vclock], [vdso].
static void unmap_vdso(void) {
    static char maps[1 << 16];
    int fd = open("/proc/self/maps", O_RDONLY);
    ssize_t length = read(fd, maps, sizeof(maps) - 1);
    require(length > 0 && close(fd) == 0, "maps");
    maps[length] = 0;
    for (char *line = strtok(maps, "\n"); line; line = strtok(NULL, "\n")) {
        if (!strstr(line, "[vvar") && !strstr(line, "[vdso]")) continue;
        char *rest;
        unsigned long start = strtoul(line, &rest, 16), end = strtoul(rest + 1, NULL, 16);
        require(raw(SYS_munmap, (long)start, (long)(end - start), 0, 0) == 0, "munmap");
    }
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    char *code = (char *)getauxval(AT_SYSINFO_EHDR);
    require(code != NULL, "vDSO");
    unmap_vdso();
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    for (int i = 0; i < 5; i++) {
        require(raw(SYS_arch_prctl, MAP_VDSO_64, (long)code, 0, 0) > 0, "ARCH_MAP_VDSO_64");
        unmap_vdso();
    }
    write_blocks(fd, 10);
    close(fd);
}
