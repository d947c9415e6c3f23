// Files that are registered with an io_uring: SQEs name them by index, and they stay open without a descriptor.
#ifndef DIOAUDIT_RINGS_H
#define DIOAUDIT_RINGS_H

#include "files.h"

// A ring registers `count` files, all empty at first; forgets all; and puts a descriptor's file at an index (-1: none; -2: leaves
// what is there, as IORING_REGISTER_FILES_SKIP).
void rings_register(int ring, uint32_t count);
void rings_unregister(int ring);
void rings_put(int ring, uint32_t index, int fd);

// What the index names is not known from now on: a use of it notes a lost file.
void rings_put_unknown(int ring, uint32_t index);

// O_DIRECT was set on a file that did not have it: registered ones may be the same.
void rings_doubt_others(void);

// The O_DIRECT file at an index, or null. If the registration was not seen, or is not in the table, a lost file is noted.
struct direct_file *rings_file(int ring, uint32_t index);

#endif
