#include "names.h"

#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// libdw's own way, since Inspect's is Swift: without the functions that were inlined.
struct names {
    Dwfl *dwfl;
};

// The C++ runtime's, if the program has one.
extern __attribute__((weak)) char *__cxa_demangle(const char *name, char *buffer, size_t *length, int *status);

static const Dwfl_Callbacks callbacks = {
    .find_elf = dwfl_linux_proc_find_elf,
    .find_debuginfo = dwfl_standard_find_debuginfo,
};

struct names *names_open(void) {
    struct names *names = malloc(sizeof(*names));
    if (!names) return NULL;
    names->dwfl = dwfl_begin(&callbacks);
    if (names->dwfl && dwfl_linux_proc_report(names->dwfl, getpid()) == 0 && dwfl_report_end(names->dwfl, NULL, NULL) == 0)
        return names;
    names_close(names);
    return NULL;
}

void names_close(struct names *names) {
    if (!names) return;
    if (names->dwfl) dwfl_end(names->dwfl);
    free(names);
}

static const char *last_part(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void put(char *text, size_t room, const char *more) {
    strncat(text, more, room - 1 - strlen(text));
}

static void put_function(char *text, size_t room, const char *mangled) {
    char *plain = mangled && __cxa_demangle ? __cxa_demangle(mangled, NULL, NULL, NULL) : NULL;
    put(text, room, plain ? plain : mangled ? mangled : "??");
    free(plain);
}

// Not dwfl_module_getsrc, which asks .debug_aranges: clang writes none.
static Dwarf_Line *line_of(Dwfl_Module *module, Dwarf_Addr address) {
    Dwarf_Die *unit = NULL;
    Dwarf_Addr bias;
    while ((unit = dwfl_module_nextcu(module, unit, &bias)))
        if (dwarf_haspc(unit, address - bias) == 1) return dwarf_getsrc_die(unit, address - bias);
    return NULL;
}

void names_write(struct names *names, uintptr_t address, char *text, unsigned long room) {
    text[0] = 0;
    char part[64];
    Dwfl_Module *module = names ? dwfl_addrmodule(names->dwfl, address) : NULL;
    if (!module) {
        snprintf(text, room, "?? 0x%lx", (unsigned long)address);
        return;
    }
    put_function(text, room, dwfl_module_addrname(module, address));
    Dwarf_Line *source = line_of(module, address);
    const char *file = source ? dwarf_linesrc(source, NULL, NULL) : NULL;
    if (file) {
        int line = 0;
        dwarf_lineno(source, &line);
        snprintf(part, sizeof(part), ":%d", line);
        put(text, room, " ");
        put(text, room, file);
        put(text, room, part);
    }
    Dwarf_Addr start = 0;
    const char *path = dwfl_module_info(module, NULL, &start, NULL, NULL, NULL, NULL, NULL);
    snprintf(part, sizeof(part), "+0x%lx)", (unsigned long)(address - start));
    put(text, room, " (");
    put(text, room, path ? last_part(path) : "??");
    put(text, room, part);
}
