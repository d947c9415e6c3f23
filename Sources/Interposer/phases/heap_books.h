// What glibc's malloc says of itself (mallinfo(3)): calls that reach it by no interposed name show there.
#ifndef DIOAUDIT_HEAP_BOOKS_H
#define DIOAUDIT_HEAP_BOOKS_H

#include "ledger_abi.h"

struct heap_books {
    uint32_t state;  // enum dioaudit_heap
    uint64_t used;   // bytes of all blocks that are in use, or kept for their thread (tcache)
};

struct heap_books heap_books_read(void);

#endif
