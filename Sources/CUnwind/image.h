#ifndef CUNWIND_IMAGE_H
#define CUNWIND_IMAGE_H

#include "cunwind.h"

// The search table of .eh_frame_hdr (Linux Standard Base, "Exception Frames"), in the file's own addresses.
struct frame_table {
    uint64_t header;
    uint64_t entries;  // the first of them; each has 8 bytes
    uint64_t count;
};

// Null: the file has none, or one in an encoding that linkers do not write.
const struct frame_table *image_frame_table(const struct cu_image *image);

// What must be added to the file's own addresses where the code at `address` lies in this mapping of it. False if the file has
// nothing there.
bool image_bias(const struct cu_mapping *mapping, uint64_t address, uint64_t *bias);

// A part of the file that is loaded in one piece, and where, in the file's own addresses.
struct segment {
    uint64_t address;
    uint64_t size;
    uint64_t offset;  // in the file
};

// The one that holds an address. False if none does.
bool image_segment(struct cu_image *image, uint64_t address, struct segment *segment);

// False if the file has no whole word there.
bool image_word(struct cu_image *image, const struct segment *segment, uint64_t address, uint64_t *word);

#endif
