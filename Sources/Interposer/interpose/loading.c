// Ways to load or look up functions whose calls bypass the interposer. Their use is recorded, and the host then gives no pass.
#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "../base/objects.h"
#include "../life/bypasses.h"
#include "../tables/next.h"
#include "../rules.h"

// TRAP: libc searches on behalf of the caller (DT_RUNPATH, namespace), which it finds by the return address. So the return
// address must still be the subject's: the call is a jump. Test: BlindSpotTests, a library found by the program's own path
#define BECOME __attribute__((musttail)) return

INTERPOSED void *dlopen(const char *file, int mode) {
    if (unlikely(!next_resolved)) next_resolve();
    if ((mode & RTLD_DEEPBIND) && !(mode & RTLD_NOLOAD)) bypasses_note_binding();
    BECOME next.dlopen(file, mode);
}

INTERPOSED void *dlmopen(Lmid_t space, const char *file, int mode) {
    if (unlikely(!next_resolved)) next_resolve();
    if (space != LM_ID_BASE) bypasses_note_namespace();
    BECOME next.dlmopen(space, file, mode);
}

// MARK: looking up

static bool holds(const char *names, const char *wanted) {
    for (; *names; names += strlen(names) + 1)
        if (strcmp(names, wanted) == 0) return true;
    return false;
}

static bool is_of_libc(const char *name) {
    return holds(next_other_names, name) || holds(next_life_names, name);
}

static bool is_interposed(const char *name) {
    return holds(next_heap_names, name) || is_of_libc(name) || holds(next_request_names, name);
}

// libc's other name of a function, which is not interposed: `__libc_malloc`, `__mmap` and the like.
static bool is_internal(const char *name) {
    static const char prefix[] = "__libc_";
    if (strncmp(name, "__", 2) != 0 || is_interposed(name)) return false;
    bool is_libcs = strncmp(name, prefix, sizeof(prefix) - 1) == 0;
    return is_interposed(name + (is_libcs ? sizeof(prefix) - 1 : 2));
}

// Whether a function found in a library is one that ours replaces: of the heap's functions, libaio's and liburing's any, of the others
// only libc's, since a plugin may have an `open` of its own.
// TRAP: libc's own dlsym, found so, finds all others unseen. Fixture: looks-up-lookups.c
static bool passes_us_by(const char *name, void *found) {
    if (next_is_in_ours(found)) return false;
    return holds(next_heap_names, name) || holds(next_request_names, name) ||
           (objects_find((uintptr_t)found) == objects_find((uintptr_t)next.exit) && is_of_libc(name));
}

// Whether the next function, as an object sees it, comes behind ours. A library that wraps the function itself is reached by our own;
// but one that wraps malloc may also call the next by itself. Fixtures: looks-up-next.c, looks-up-wrapped.c
static bool is_behind_us(const char *name, const void *caller) {
    const struct link_map *object = objects_find((uintptr_t)caller);
    if (!object || objects_precedes(object, objects_find((uintptr_t)is_of_libc))) return false;
    return holds(next_heap_names, name) || !objects_symbol(object, name);
}

// With the program's own handle dlsym finds our functions, and so it does with RTLD_NEXT in the program. With a library's
// handle libc's may come first.
INTERPOSED void *dlsym(void *handle, const char *name) {
    if (unlikely(!next_resolved)) next_resolve();
    if (is_internal(name)) bypasses_note_lookup(name);
    if (handle == RTLD_NEXT && is_interposed(name) && is_behind_us(name, __builtin_return_address(0))) bypasses_note_lookup(name);
    if (handle == RTLD_DEFAULT || handle == RTLD_NEXT) BECOME next.dlsym(handle, name);
    void *found = next.dlsym(handle, name);
    if (found && passes_us_by(name, found)) bypasses_note_lookup(name);
    return found;
}

// It asks for a version, and none of our functions has one: so it finds libc's with every handle. Fixture: looks-up-version.c
INTERPOSED void *dlvsym(void *handle, const char *name, const char *version) {
    if (unlikely(!next_resolved)) next_resolve();
    if (is_interposed(name) || is_internal(name)) bypasses_note_lookup(name);
    BECOME next.dlvsym(handle, name, version);
}
