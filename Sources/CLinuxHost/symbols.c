#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clinux_host.h"

// The first of the symbols that is not below an address.
static uint32_t place_of(const struct cl_symbol *symbols, uint32_t count, uint64_t address) {
    uint32_t low = 0;
    for (uint32_t high = count; low < high;) {
        uint32_t middle = low + (high - low) / 2;
        if (symbols[middle].address < address) low = middle + 1;
        else high = middle;
    }
    return low;
}

static void copy_word(char *to, size_t room, const char *from, const char *ends) {
    size_t length = strcspn(from, ends);
    if (length > room - 1) length = room - 1;
    memcpy(to, from, length);
    to[length] = 0;
}

// proc(5): the address, a letter that is t or w for code, the name, and after a tab the module in brackets.
static void take_in(const char *line, struct cl_symbol *symbols, uint32_t count, bool *shown) {
    char *rest;
    uint64_t address = strtoull(line, &rest, 16);
    if (address == 0 || rest[0] != ' ' || !strchr("tTwW", rest[1]) || rest[1] == 0 || rest[2] != ' ') return;
    *shown = true;
    uint32_t place = place_of(symbols, count, address);
    if (place == count || symbols[place].start >= address) return;
    symbols[place].start = address;
    copy_word(symbols[place].name, sizeof(symbols[place].name), rest + 3, "\t\n");
    const char *module = strchr(rest, '[');
    copy_word(symbols[place].module, sizeof(symbols[place].module), module ? module + 1 : "", "]\n");
}

bool cl_name_symbols(struct cl_symbol *symbols, uint32_t count) {
    FILE *file = fopen("/proc/kallsyms", "re");
    if (!file) return false;
    char *line = NULL;
    size_t room = 0;
    bool shown = false;
    while (getline(&line, &room, file) > 0) take_in(line, symbols, count, &shown);
    free(line);
    fclose(file);
    // Each function was noted at the first address behind its start only.
    for (uint32_t i = 1; i < count; i++) {
        if (symbols[i].start >= symbols[i - 1].start) continue;
        uint64_t address = symbols[i].address;
        symbols[i] = symbols[i - 1];
        symbols[i].address = address;
    }
    return shown;
}
