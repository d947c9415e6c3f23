// Debug info that no compiler writes, for a function `work` in a section of its own that allocates once for each transfer. DWARF 4: one
// unit, whose entries are the macro's argument.
#ifndef HOSTILE_DWARF_H
#define HOSTILE_DWARF_H

#include "direct.h"

// Abbreviations: 1 the unit, 2 a namespace, 3 a type with the offset of its sibling, 4 a subprogram with an abstract origin.
#define HOSTILE_DWARF(ENTRIES)                                                                                          \
    __asm__(".pushsection .debug_abbrev,\"\",@progbits\n"                                                                 \
            ".byte 1,0x11,1,0x11,1,0x12,7,0,0, 2,0x39,1,0,0, 3,0x24,0,1,0x13,0,0, 4,0x2e,0,0x11,1,0x12,7,0x31,0x13,0,0, 0\n" \
            ".popsection\n.pushsection .debug_info,\"\",@progbits\n"                                                      \
            ".Lunit: .long .Lend - .Lstart\n.Lstart: .value 4\n.long 0\n.byte 8\n.byte 1\n.quad work\n.quad 4096\n" ENTRIES   \
            ".byte 0\n.Lend:\n.popsection\n")

__attribute__((section(".text.work"), noinline, used)) int work(const char *path) {
    int fd = open_direct(path);
    lock_memory();
    free(keep(malloc(10)));  // the heap's first pages
    for (long i = 0; i < 20; i++) {
        write_block(fd, i);
        free(keep(malloc(10)));
    }
    close(fd);
    return 0;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    return work(arguments[1]);
}

#endif
