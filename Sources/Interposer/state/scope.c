#include "scope.h"

#include "../base/system.h"
#include "context.h"
#include "ledger.h"
#include "../rules.h"

// Shell patterns of * and ? only; fnmatch(3) may allocate.
static bool matches(const char *pattern, const char *name) {
    for (; *pattern; pattern++, name++) {
        if (*pattern == '*') {
            for (const char *rest = name;; rest++) {
                if (matches(pattern + 1, rest)) return true;
                if (!*rest) return false;
            }
        }
        if (!*name || (*pattern != '?' && *pattern != *name)) return false;
    }
    return !*name;
}

void scope_note_name(struct dioaudit_thread *rows, const char *name) {
    if (ledger->config.scope == DIOAUDIT_SCOPE_THREADS && matches(ledger->config.scope_pattern, name)) rows->matched = 1;
}

// TRAP: a thread may change its name, by system calls that nobody sees: so it is asked for at each event.
// Fixture: scope-renames.c
bool scope_spares_caller(void) {
    if (likely(ledger->config.scope != DIOAUDIT_SCOPE_THREADS)) return false;
    char name[DIOAUDIT_NAME];
    system_thread_name(name);
    if (!matches(ledger->config.scope_pattern, name)) return true;
    if (context.rows) context.rows->matched = 1;
    return false;
}
