#include "modules.h"

#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/objects.h"
#include "../base/system.h"
#include "../state/context.h"
#include "../state/ledger.h"
#include "../rules.h"

enum { FILLING = 1, READY = 2 };

static bool take(uint32_t *state) {
    uint32_t empty = 0;
    return __atomic_compare_exchange_n(state, &empty, FILLING, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

// TRAP: the file may be replaced while the program runs, and the host would search another. Fixture: replaces-itself.c
static struct dioaudit_file file_at(const char *path) {
    struct stat file;
    if (SYSTEM(SYS_newfstatat, AT_FDCWD, path, &file, 0) != 0) return (struct dioaudit_file){0};
    return (struct dioaudit_file){
        .device = file.st_dev,
        .inode = file.st_ino,
        .changed_nanoseconds = (int64_t)file.st_ctim.tv_sec * 1000000000 + file.st_ctim.tv_nsec,
    };
}

// `reached` leads to the same file as the path, for certain.
static uint8_t module_named(uint64_t bias, const char *path, const char *reached) {
    for (uint8_t i = 0; i < DIOAUDIT_MODULES; i++) {
        struct dioaudit_module *module = &ledger->modules[i];
        if (take(&module->state)) {
            module->bias = bias;
            strncpy(module->path, path, DIOAUDIT_PATH - 1);
            module->file = file_at(reached);
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
    if (map->l_name && map->l_name[0]) return module_named(map->l_addr, map->l_name, map->l_name);
    return module_named(map->l_addr, ledger->header.executable, "/proc/self/exe");
}

uint8_t modules_find(uintptr_t address) {
    const struct link_map *map = objects_find(address);
    return map ? module_in(map) : DIOAUDIT_NO_MODULE;
}

static bool is_lost(const struct link_map *map) {
    return module_in(map) == DIOAUDIT_NO_MODULE;
}

// Walks the linker's list from our own entry to both ends: dl_iterate_phdr would take the linker's lock.
uint32_t modules_note_all(void) {
    const struct link_map *ours = objects_find((uintptr_t)modules_note_all);
    if (!ours) return 0;
    uint32_t lost = 0;
    for (const struct link_map *map = ours; map; map = map->l_prev) lost += is_lost(map);
    for (const struct link_map *map = ours->l_next; map; map = map->l_next) lost += is_lost(map);
    return lost;
}
