#include "modules.h"

#include <link.h>
#include <string.h>

#include "../base/objects.h"
#include "../state/context.h"
#include "../state/ledger.h"
#include "../rules.h"

enum { FILLING = 1, READY = 2 };

static bool take(uint32_t *state) {
    uint32_t empty = 0;
    return __atomic_compare_exchange_n(state, &empty, FILLING, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static uint8_t module_named(uint64_t bias, const char *path) {
    for (uint8_t i = 0; i < DIOAUDIT_MODULES; i++) {
        struct dioaudit_module *module = &ledger->modules[i];
        if (take(&module->state)) {
            module->bias = bias;
            strncpy(module->path, path, DIOAUDIT_PATH - 1);
            __atomic_store_n(&module->state, READY, __ATOMIC_RELEASE);
            return i;
        }
        // A record that another thread is filling may be of the same object: then there are two, which is harmless.
        if (__atomic_load_n(&module->state, __ATOMIC_ACQUIRE) == READY && module->bias == bias &&
            strncmp(module->path, path, DIOAUDIT_PATH - 1) == 0)
            return i;
    }
    return DIOAUDIT_NO_MODULE;
}

static uint8_t module_in(const struct link_map *map) {
    const char *path = map->l_name && map->l_name[0] ? map->l_name : process.record->executable;
    return module_named(map->l_addr, path);
}

uint8_t modules_find(uintptr_t address) {
    const struct link_map *map = objects_find(address);
    return map ? module_in(map) : DIOAUDIT_NO_MODULE;
}

static void note_module(const struct link_map *map) {
    if (module_in(map) == DIOAUDIT_NO_MODULE) __atomic_fetch_add(&process.record->lost_modules, 1, __ATOMIC_RELAXED);
}

// Walks the linker's list from our own entry to both ends: dl_iterate_phdr would take the linker's lock.
void modules_note_all(void) {
    const struct link_map *ours = objects_find((uintptr_t)modules_note_all);
    if (!ours) return;
    for (const struct link_map *map = ours; map; map = map->l_prev) note_module(map);
    for (const struct link_map *map = ours->l_next; map; map = map->l_next) note_module(map);
}
