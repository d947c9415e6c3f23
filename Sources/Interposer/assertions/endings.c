// A program that ends while an assertion is open was not judged, and whoever started it sees the status that it gave.
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../base/system.h"
#include "../tables/next.h"
#include "assertion.h"
#include "faults.h"
#include "../rules.h"

static int begun;
static void (*told)(void);

void dioaudit_assertion_opened(void) {
    __atomic_fetch_add(&begun, 1, __ATOMIC_RELAXED);
}

void dioaudit_assertion_closed(int count) {
    __atomic_fetch_sub(&begun, count, __ATOMIC_RELAXED);
}

void dioaudit_assertion_at_end(void (*tell)(void)) {
    told = tell;
}

void endings_forget_the_parents(void) {
    begun = 0;
}

// TRAP: a child by vfork has its parent's memory, and may end. Test: TestLibraryTests
static __attribute__((destructor)) void look(void) {
    static const char words[] = "dioaudit: the program ended (exit, _exit, quick_exit) inside of an allocation assertion, which was not judged\n";
    if (__atomic_load_n(&begun, __ATOMIC_RELAXED) <= 0 || !assertion_process_is_own()) return;
    if (told) told();
    SYSTEM(SYS_write, 2, words, sizeof(words) - 1);
    abort();  // as a failed assertion ends a program
}

INTERPOSED void _exit(int status) {
    look();
    next._exit(status);
    __builtin_unreachable();
}
ALIAS(_Exit, _exit)

INTERPOSED void quick_exit(int status) {
    look();
    next.quick_exit(status);
    __builtin_unreachable();
}
