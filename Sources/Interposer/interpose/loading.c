// Ways to load or look up functions whose calls bypass the interposer. Their use is recorded, and the host then gives no pass.
#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "../base/objects.h"
#include "../life/attach.h"
#include "../state/context.h"
#include "../state/ledger.h"
#include "../tables/next.h"
#include "../rules.h"

// TRAP: libc searches on behalf of the caller (DT_RUNPATH, namespace), which it finds by the return address. So the return
// address must still be the subject's: the call is a jump. Test: BlindSpotTests, a library found by the program's own path
#define BECOME __attribute__((musttail)) return

static void note(uint32_t *counter) {
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

INTERPOSED void *dlopen(const char *file, int mode) {
    if (unlikely(!next_resolved)) next_resolve();
    if ((mode & RTLD_DEEPBIND) && !(mode & RTLD_NOLOAD) && is_attached()) note(&process.record->deep_bindings);
    BECOME next.dlopen(file, mode);
}

INTERPOSED void *dlmopen(Lmid_t space, const char *file, int mode) {
    if (unlikely(!next_resolved)) next_resolve();
    if (space != LM_ID_BASE && is_attached()) note(&process.record->other_namespaces);
    BECOME next.dlmopen(space, file, mode);
}

// MARK: looking up

static bool holds(const char *names, const char *wanted) {
    for (; *names; names += strlen(names) + 1)
        if (strcmp(names, wanted) == 0) return true;
    return false;
}

static void note_lookup(const char *name) {
    if (!is_attached() || __atomic_fetch_add(&process.record->looked_up, 1, __ATOMIC_RELAXED) > 0) return;
    strncpy(ledger->header.looked_up_name, name, DIOAUDIT_FUNCTION - 1);
}

static bool is_interposed(const char *name) {
    return holds(next_heap_names, name) || holds(next_other_names, name);
}

// libc's other name of a function, which is not interposed: `__libc_malloc`, `__mmap` and the like.
static bool is_internal(const char *name) {
    static const char prefix[] = "__libc_";
    if (strncmp(name, "__", 2) != 0 || is_interposed(name)) return false;
    bool is_libcs = strncmp(name, prefix, sizeof(prefix) - 1) == 0;
    return is_interposed(name + (is_libcs ? sizeof(prefix) - 1 : 2));
}

// Whether a function found in a library is one that ours replaces: of the heap's functions any, of the others only libc's,
// since a plugin may have an `open` of its own.
static bool passes_us_by(const char *name, void *found) {
    if (next_is_in_ours(found)) return false;
    return holds(next_heap_names, name) ||
           (objects_find((uintptr_t)found) == objects_find((uintptr_t)next.exit) && holds(next_other_names, name));
}

// Whether the next function, as an object sees it, comes behind ours. A library that wraps the function itself is reached by our own.
// Fixtures: looks-up-next.c, libwraps-malloc.c
static bool is_behind_us(const char *name, const void *caller) {
    const struct link_map *object = objects_find((uintptr_t)caller);
    return object && !objects_precedes(object, objects_find((uintptr_t)note_lookup)) && !objects_symbol(object, name);
}

// With the program's own handle dlsym finds our functions, and so it does with RTLD_NEXT in the program. With a library's
// handle libc's may come first.
INTERPOSED void *dlsym(void *handle, const char *name) {
    if (unlikely(!next_resolved)) next_resolve();
    if (is_internal(name)) note_lookup(name);
    if (handle == RTLD_NEXT && is_interposed(name) && is_behind_us(name, __builtin_return_address(0))) note_lookup(name);
    if (handle == RTLD_DEFAULT || handle == RTLD_NEXT) BECOME next.dlsym(handle, name);
    void *found = next.dlsym(handle, name);
    if (found && passes_us_by(name, found)) note_lookup(name);
    return found;
}

// It asks for a version, and none of our functions has one: so it finds libc's with every handle. Fixture: looks-up-version.c
INTERPOSED void *dlvsym(void *handle, const char *name, const char *version) {
    if (unlikely(!next_resolved)) next_resolve();
    if (is_interposed(name) || is_internal(name)) note_lookup(name);
    BECOME next.dlvsym(handle, name, version);
}
