#include "bypasses.h"

#include <string.h>

#include "../state/context.h"
#include "../state/ledger.h"
#include "attach.h"
#include "../rules.h"

void bypasses_note_binding(void) {
    if (is_attached()) __atomic_fetch_add(&process.record->deep_bindings, 1, __ATOMIC_RELAXED);
}

void bypasses_note_namespace(void) {
    if (is_attached()) __atomic_fetch_add(&process.record->other_namespaces, 1, __ATOMIC_RELAXED);
}

void bypasses_note_lookup(const char *name) {
    if (!is_attached() || __atomic_fetch_add(&process.record->looked_up, 1, __ATOMIC_RELAXED) > 0) return;
    strncpy(ledger->header.looked_up_name, name, DIOAUDIT_FUNCTION - 1);
}
