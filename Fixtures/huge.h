// Memory for one huge page, of which the first small page is there.
#ifndef HUGE_H
#define HUGE_H

#include "direct.h"

enum { HUGE = 2 << 20 };

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

// khugepaged leaves it alone until MADV_HUGEPAGE.
static inline char *map_for_huge(void) {
    char *memory = mmap(NULL, 2 * HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(memory != MAP_FAILED && madvise(memory, 2 * HUGE, MADV_NOHUGEPAGE) == 0, "MADV_NOHUGEPAGE");
    char *page = memory + HUGE - (unsigned long)memory % HUGE;
    *page = 1;
    return page;
}

static inline void collapse(char *page) {
    require(madvise(page, HUGE, MADV_HUGEPAGE) == 0, "MADV_HUGEPAGE");
    require(madvise(page, HUGE, MADV_COLLAPSE) == 0, "MADV_COLLAPSE");
}

#endif
