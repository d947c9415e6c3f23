#define DIOAUDIT_DEFINES_ALLOCATION
#include "heap_books.h"

#include <malloc.h>

#include "../base/objects.h"
#include "../state/context.h"
#include "../tables/next.h"
#include "../tables/stack.h"
#include "../rules.h"

#pragma weak mallinfo2  // glibc 2.33

static bool is_of_libc(const void *function) {
    const struct link_map *libc = objects_find((uintptr_t)next.exit);
    return function && objects_find((uintptr_t)function) == libc && objects_find((uintptr_t)next.malloc) == libc;
}

// TRAP: mallinfo2 takes the locks of all arenas. The thread itself may hold one: a signal may have interrupted malloc. In a
// child of _Fork or clone another thread of its parent may hold one for ever. Fixtures: closes-in-handler.c, forks-past-libc.c
struct heap_books heap_books_read(void) {
    if (!is_of_libc((const void *)mallinfo2)) return (struct heap_books){.state = DIOAUDIT_HEAP_OF_OTHERS};
    if (!process.may_lock_heap) return (struct heap_books){.state = DIOAUDIT_HEAP_OF_FORK};
    if (!stack_is_plain()) return (struct heap_books){.state = DIOAUDIT_HEAP_IN_HANDLER};
    struct mallinfo2 info = mallinfo2();  // allocates nothing
    return (struct heap_books){.state = DIOAUDIT_HEAP_READ, .used = info.uordblks + info.hblkhd};
}
