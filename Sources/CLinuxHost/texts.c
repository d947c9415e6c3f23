#include <stdint.h>
#include <string.h>

#include "clinux_host.h"

enum { WINDOW = 8 };  // the first bytes of each text, by which it is found

static uint16_t pair(const unsigned char *bytes) {
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static int text_at(const unsigned char *place, const unsigned char *end, const char *const *texts, int count) {
    for (int i = 0; i < count; i++) {
        size_t length = strlen(texts[i]);
        if (length <= (size_t)(end - place) && memcmp(place, texts[i], length) == 0) return i;
    }
    return -1;
}

int cl_first_text(const void *bytes, size_t length, const char *const *texts, int count) {
    // By the last two bytes of a window: how far on the next window is that can be the beginning of a text.
    uint8_t step[1 << 16];
    memset(step, WINDOW - 1, sizeof(step));
    for (int i = 0; i < count; i++) {
        for (int at = 0; at + 2 <= WINDOW; at++) {
            uint8_t *known = &step[pair((const unsigned char *)texts[i] + at)];
            int rest = WINDOW - 2 - at;
            if (rest < *known) *known = (uint8_t)rest;
        }
    }
    const unsigned char *place = bytes, *end = place + length;
    while (end - place >= WINDOW) {
        uint8_t next = step[pair(place + WINDOW - 2)];
        if (next == 0) {
            int found = text_at(place, end, texts, count);
            if (found >= 0) return found;
            next = 1;
        }
        place += next;
    }
    return -1;
}

uint32_t cl_crc32(const void *bytes, size_t length) {
    uint32_t table[256], sum = UINT32_MAX;
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++) table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
    }
    const unsigned char *next = bytes;
    for (const unsigned char *end = next + length; next < end; next++) sum = sum >> 8 ^ table[(sum ^ *next) & 0xff];
    return ~sum;
}
