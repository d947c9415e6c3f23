#include "objects.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>

#include "../rules.h"

// _dl_find_object (glibc 2.35) takes no lock. With an older glibc, dl_iterate_phdr takes the dynamic linker's lock.
#pragma weak _dl_find_object

const struct link_map *objects_find(uintptr_t address) {
    struct dl_find_object object;
    if (_dl_find_object)
        return _dl_find_object((void *)address, &object) == 0 ? object.dlfo_link_map : NULL;
    Dl_info info;
    struct link_map *map = NULL;
    return dladdr1((void *)address, &info, (void **)&map, RTLD_DL_LINKMAP) ? map : NULL;
}

// By the links that lead back: those of objects that were loaded first never change.
bool objects_precedes(const struct link_map *first, const struct link_map *other) {
    do other = other ? other->l_prev : NULL;
    while (other && other != first);
    return other != NULL;
}

// The dynamic linker relocates these addresses where it may write, but not in the vDSO.
static const void *table(const struct link_map *object, ElfW(Sxword) tag) {
    const ElfW(Dyn) *entry = object->l_ld;
    while (entry->d_tag != DT_NULL && entry->d_tag != tag) entry++;
    if (entry->d_tag == DT_NULL) return NULL;
    return (const void *)(entry->d_un.d_ptr < object->l_addr ? object->l_addr + entry->d_un.d_ptr : entry->d_un.d_ptr);
}

static uint32_t gnu_hash(const char *name) {
    uint32_t hash = 5381;
    for (; *name; name++) hash = hash * 33 + (unsigned char)*name;
    return hash;
}

// The table of DT_GNU_HASH: four numbers, a bloom filter, buckets with the first symbol of each, and the chain: a symbol's hash, whose
// lowest bit marks the last of its bucket.
void *objects_symbol(const struct link_map *object, const char *name) {
    const uint32_t *head = table(object, DT_GNU_HASH);
    const ElfW(Sym) *symbols = table(object, DT_SYMTAB);
    const char *names = table(object, DT_STRTAB);
    if (!head || !symbols || !names || head[0] == 0) return NULL;
    const uint32_t *buckets = (const void *)((const ElfW(Addr) *)(head + 4) + head[2]), *chain = buckets + head[0];
    uint32_t hash = gnu_hash(name), index = buckets[hash % head[0]];
    if (index == 0) return NULL;
    for (;; index++) {
        uint32_t other = chain[index - head[1]];
        const ElfW(Sym) *symbol = symbols + index;
        if ((other | 1) == (hash | 1) && symbol->st_shndx != SHN_UNDEF && strcmp(names + symbol->st_name, name) == 0)
            return (void *)(object->l_addr + symbol->st_value);
        if (other & 1) return NULL;
    }
}

struct search {
    uintptr_t address;
    const uint8_t *header;
};

static int visit_object(struct dl_phdr_info *object, size_t size, void *data) {
    (void)size;
    struct search *search = data;
    const uint8_t *header = NULL;
    bool holds = false;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        uintptr_t start = object->dlpi_addr + segment->p_vaddr;
        if (segment->p_type == PT_GNU_EH_FRAME) header = (const uint8_t *)start;
        if (segment->p_type == PT_LOAD && search->address - start < segment->p_memsz) holds = true;
    }
    if (holds) search->header = header;
    return holds;
}

const uint8_t *objects_eh_frame(uintptr_t address) {
    struct dl_find_object object;
    if (_dl_find_object) return _dl_find_object((void *)address, &object) == 0 ? object.dlfo_eh_frame : NULL;
    struct search search = {address, NULL};
    dl_iterate_phdr(visit_object, &search);
    return search.header;
}
