// Files that are registered with an io_uring: SQEs name them by index, and they stay open without a descriptor.
#ifndef DIOAUDIT_RINGS_H
#define DIOAUDIT_RINGS_H

#include "files.h"

void rings_register(int ring, const int *descriptors, unsigned count);
void rings_unregister(int ring);

// The O_DIRECT file at an index, or null. If the registration was not seen, or is not in the table, a lost file is noted.
struct direct_file *rings_file(int ring, uint32_t index);

#endif
