// What the process asked of the memory lock, by mlockall and munlockall.
#ifndef DIOAUDIT_LOCK_H
#define DIOAUDIT_LOCK_H

#include <stdint.h>

enum lock_state {
    LOCK_NONE = 1,     // no lock was asked for, or it was given up
    LOCK_FUTURE = 2,   // MCL_FUTURE is in effect
    LOCK_CURRENT = 4,  // a lock without it
    LOCK_FAILED = 8,   // mlockall failed, or
    LOCK_REFUSED_FLAGS = 16,  // did not take its flags
};

enum lock_state lock_state(void);

// The flags of mlockall that are in effect.
uint32_t lock_flags(void);

#endif
