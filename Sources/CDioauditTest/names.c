#include "names.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// By libdw, as Inspect does it in Swift.
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

// In the source: a file, or null, and a line in it.
struct place {
    const char *file;
    int line;
};

static void put_place(char *text, size_t room, struct place place) {
    char line[16];
    if (!place.file) return;
    snprintf(line, sizeof(line), ":%d", place.line);
    put(text, room, " ");
    put(text, room, place.file);
    put(text, room, line);
}

// Not dwfl_module_addrdie, which asks .debug_aranges: clang writes none.
static Dwarf_Die *unit_of(Dwfl_Module *module, Dwarf_Addr address, Dwarf_Addr *bias) {
    Dwarf_Die *unit = NULL;
    while ((unit = dwfl_module_nextcu(module, unit, bias)))
        if (dwarf_haspc(unit, address - *bias) == 1) return unit;
    return NULL;
}

static struct place place_of(Dwarf_Die *unit, Dwarf_Addr address) {
    struct place place = {0};
    Dwarf_Line *line = unit ? dwarf_getsrc_die(unit, address) : NULL;
    if (!line) return place;
    place.file = dwarf_linesrc(line, NULL, NULL);
    dwarf_lineno(line, &place.line);
    return place;
}

static Dwarf_Word number(Dwarf_Die *entry, unsigned name) {
    Dwarf_Attribute attribute;
    Dwarf_Word value = 0;
    if (dwarf_attr(entry, name, &attribute)) dwarf_formudata(&attribute, &value);
    return value;
}

// Where an inlined function was called.
static struct place call_of(Dwarf_Die *unit, Dwarf_Die *inlined) {
    Dwarf_Files *files;
    if (dwarf_getsrcfiles(unit, &files, NULL) != 0) return (struct place){0};
    return (struct place){
        dwarf_filesrc(files, number(inlined, DW_AT_call_file), NULL, NULL), (int)number(inlined, DW_AT_call_line)};
}

enum { MOST_SCOPES = 64 };

// The scopes around an address, outermost first; returns how many there are. Not dwarf_getscopes, which does not look into
// namespaces: Rust's functions stand there.
static int scopes_in(Dwarf_Die *entry, Dwarf_Addr address, Dwarf_Die *scopes, int count) {
    Dwarf_Die child;
    if (count == MOST_SCOPES || dwarf_child(entry, &child) != 0) return count;
    do {
        int tag = dwarf_tag(&child);
        bool holds = dwarf_haspc(&child, address) == 1;
        if (!holds && tag != DW_TAG_namespace && tag != DW_TAG_structure_type && tag != DW_TAG_class_type) continue;
        if (holds) scopes[count] = child;
        int found = scopes_in(&child, address, scopes, count + holds);
        if (found > count) return found;
    } while (dwarf_siblingof(&child, &child) == 0);
    return count;
}

static void put_module(char *text, size_t room, Dwfl_Module *module, uintptr_t address) {
    Dwarf_Addr start = 0;
    const char *path = dwfl_module_info(module, NULL, &start, NULL, NULL, NULL, NULL, NULL);
    char offset[32];
    snprintf(offset, sizeof(offset), "+0x%lx)", (unsigned long)(address - start));
    put(text, room, " (");
    put(text, room, path ? last_part(path) : "??");
    put(text, room, offset);
}

// A C++ name in full; of other languages the one that the debug info has, as their mangled ones are not for reading.
static void put_function(char *text, size_t room, const char *symbol, const char *known) {
    char *plain = symbol && __cxa_demangle ? __cxa_demangle(symbol, NULL, NULL, NULL) : NULL;
    put(text, room, plain ? plain : known ? known : symbol ? symbol : "??");
    free(plain);
}

void names_say(struct names *names, uintptr_t address, void (*say)(void *to, const char *line), void *to) {
    char text[1024] = "";
    Dwfl_Module *module = names ? dwfl_addrmodule(names->dwfl, address) : NULL;
    if (!module) {
        snprintf(text, sizeof(text), "?? 0x%lx", (unsigned long)address);
        say(to, text);
        return;
    }
    Dwarf_Addr bias = 0;
    Dwarf_Die *unit = unit_of(module, address, &bias), scopes[MOST_SCOPES];
    struct place place = place_of(unit, address - bias);
    const char *known = NULL;
    int count = unit ? scopes_in(unit, address - bias, scopes, 0) : 0;
    for (int i = count - 1; i >= 0 && !known; i--) {
        if (dwarf_tag(&scopes[i]) == DW_TAG_subprogram) known = dwarf_diename(&scopes[i]);
        if (dwarf_tag(&scopes[i]) != DW_TAG_inlined_subroutine) continue;
        const char *name = dwarf_diename(&scopes[i]);
        text[0] = 0;
        put(text, sizeof(text), name ? name : "??");
        put_place(text, sizeof(text), place);
        put(text, sizeof(text), " [inlined]");
        say(to, text);
        place = call_of(unit, &scopes[i]);
    }
    text[0] = 0;
    put_function(text, sizeof(text), dwfl_module_addrname(module, address), known);
    put_place(text, sizeof(text), place);
    put_module(text, sizeof(text), module, address);
    say(to, text);
}
