#include "objects.h"

#include <dlfcn.h>
#include <link.h>
#include <stdbool.h>

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
