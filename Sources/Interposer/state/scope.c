#include "scope.h"

#include "../base/glob.h"
#include "../base/system.h"
#include "context.h"
#include "ledger.h"
#include "../rules.h"

void scope_note_name(struct dioaudit_thread *rows, const char *name) {
    if (ledger->config.scope == DIOAUDIT_SCOPE_THREADS && glob_matches(ledger->config.scope_pattern, name)) rows->matched = 1;
}

// TRAP: a thread may change its name by system calls that the interposer does not see, so each event reads it anew.
// Fixture: scope-renames.c
bool scope_spares_caller(void) {
    if (likely(ledger->config.scope != DIOAUDIT_SCOPE_THREADS)) return false;
    // TRAP: a filter may refuse the question: a thread without a name may be one that is judged. Fixture: scope-refuses-name.c
    char name[DIOAUDIT_NAME];
    if (system_thread_name(name) && !glob_matches(ledger->config.scope_pattern, name)) return true;
    if (context.rows) context.rows->matched = 1;
    return false;
}
