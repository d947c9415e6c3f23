#include "record.h"

#include <string.h>

uint64_t record_number(const unsigned char *bytes, uint32_t size, uint64_t offset, uint32_t width) {
    uint64_t value = 0;
    if (width > sizeof(value) || offset > size || size - offset < width) return 0;
    memcpy(&value, bytes + offset, width);  // little-endian, as x86-64 is
    return value;
}

void record_text(const unsigned char *bytes, uint32_t size, uint64_t offset, char *text, size_t room) {
    size_t length = offset < size ? size - offset : 0;
    if (length > room - 1) length = room - 1;
    memcpy(text, bytes + (offset < size ? offset : 0), length);
    text[length] = 0;
}
