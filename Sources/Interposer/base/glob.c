#include "glob.h"

#include <stddef.h>
#include <stdint.h>

#include "../rules.h"

enum { REPLACEMENT = 0xFFFD };

// For a sequence's first byte: the number of bytes that follow, and the range of the first of them (The Unicode Standard,
// table 3-7). The others are 80 to BF.
struct lead {
    uint8_t following, lowest, highest;
};

static struct lead lead_of(uint8_t byte) {
    if (byte >= 0xC2 && byte <= 0xDF) return (struct lead){1, 0x80, 0xBF};
    if (byte == 0xE0) return (struct lead){2, 0xA0, 0xBF};
    if (byte == 0xED) return (struct lead){2, 0x80, 0x9F};
    if (byte >= 0xE1 && byte <= 0xEF) return (struct lead){2, 0x80, 0xBF};
    if (byte == 0xF0) return (struct lead){3, 0x90, 0xBF};
    if (byte == 0xF4) return (struct lead){3, 0x80, 0x8F};
    if (byte >= 0xF1 && byte <= 0xF3) return (struct lead){3, 0x80, 0xBF};
    return (struct lead){0, 0, 0};
}

// Reads the character at `*at` and moves `*at` behind it. An incomplete sequence is one U+FFFD; the byte that ends it is read
// again.
static uint32_t next_character(const char **at) {
    const uint8_t *bytes = (const uint8_t *)*at;
    if (bytes[0] < 0x80) {
        *at += 1;
        return bytes[0];
    }
    struct lead lead = lead_of(bytes[0]);
    uint32_t character = bytes[0] & (0x3Fu >> lead.following);
    uint32_t taken = 1;
    for (; taken <= lead.following; taken++) {
        uint8_t lowest = taken == 1 ? lead.lowest : 0x80, highest = taken == 1 ? lead.highest : 0xBF;
        if (bytes[taken] < lowest || bytes[taken] > highest) break;
        character = character << 6 | (bytes[taken] & 0x3F);
    }
    *at += taken;
    return lead.following > 0 && taken > lead.following ? character : REPLACEMENT;
}

// Whether the pattern's next element matches the text's next character: then both positions move on.
static bool take(const char **pattern, const char **text) {
    const char *place = *pattern, *rest = *text;
    uint32_t character = next_character(&rest);
    if (*place != '?') {
        if (*place == '\\') place++;
        if (*place == 0 || next_character(&place) != character) return false;
    } else {
        place++;
    }
    *pattern = place;
    *text = rest;
    return true;
}

// Only the last `*` is ever tried at another length: an earlier one already has the earliest match of what follows it.
bool glob_matches(const char *pattern, const char *text) {
    const char *after_run = NULL, *run_end = NULL;
    while (*text) {
        if (*pattern == '*') {
            after_run = ++pattern;
            run_end = text;
        } else if (*pattern == 0 || !take(&pattern, &text)) {
            if (!after_run) return false;
            next_character(&run_end);
            pattern = after_run;
            text = run_end;
        }
    }
    while (*pattern == '*') pattern++;
    return *pattern == 0;
}
