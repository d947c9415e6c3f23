// Reads fields of perf's records, whatever the bytes are.
#ifndef CLINUX_RECORD_H
#define CLINUX_RECORD_H

#include <stddef.h>
#include <stdint.h>

// A number of 1, 2, 4 or 8 bytes in a record; 0 where the record does not reach so far.
uint64_t record_number(const unsigned char *bytes, uint32_t size, uint64_t offset, uint32_t width);

// A string that ends with a NUL or with the record, cut to `room` bytes.
void record_text(const unsigned char *bytes, uint32_t size, uint64_t offset, char *text, size_t room);

#endif
