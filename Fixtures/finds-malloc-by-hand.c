// Intent: finds libc's malloc in its table of symbols, without dlsym, and leaks 100 blocks of 32 bytes, each of which takes 48.
// Options: --allow pageFaultMinor,pageFaultMajor
// Exit: 2
// Verdict: inconclusive
// Reason: gained 4800 bytes in the steady phase that no counted call explains
// Setup: malloc 1/65536, free 1
// Warmup: transfers 1
// Steady: transfers 109
#include "direct.h"
#include <elf.h>
#include <link.h>

typedef void *allocator(size_t);

static const void *entry(const ElfW(Dyn) *table, ElfW(Sxword) tag) {
    for (; table->d_tag != DT_NULL; table++)
        if (table->d_tag == tag) return (const void *)table->d_un.d_ptr;
    return NULL;
}

// The table of symbols ends where that of their names begins.
static allocator *find(const struct link_map *object) {
    const ElfW(Sym) *symbol = entry(object->l_ld, DT_SYMTAB);
    const char *names = entry(object->l_ld, DT_STRTAB);
    for (; (const char *)symbol < names; symbol++)
        if (symbol->st_shndx && strcmp(names + symbol->st_name, "malloc") == 0)
            return (allocator *)(object->l_addr + symbol->st_value);
    return NULL;
}

int main(int count, char **arguments) {
    require(count > 1, "which file?");
    allocator *allocate = NULL;
    for (const struct link_map *object = _r_debug.r_map; object; object = object->l_next)
        if (strstr(object->l_name, "/libc.so.6")) allocate = find(object);
    require(allocate != NULL, "libc's malloc");
    free(keep(malloc(65536)));  // the heap need not grow later
    int fd = open_direct(arguments[1]);
    write_blocks(fd, 10);
    for (int i = 0; i < 100; i++) {
        keep(allocate(32));
        write_block(fd, i);
    }
    close(fd);
}
