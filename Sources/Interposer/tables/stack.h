// Call stacks. The only file that knows how frames are laid out is stack.c.
#ifndef DIOAUDIT_STACK_H
#define DIOAUDIT_STACK_H

#include <stdint.h>

#include "ledger_abi.h"

enum stack_truncation { STACK_WHOLE = 0, STACK_TOO_DEEP = 1, STACK_NO_CFI = 2 };

struct stack {
    uint32_t depth;
    uint8_t truncated;  // enum stack_truncation
    int32_t tid;
    uintptr_t addresses[DIOAUDIT_FRAMES];  // innermost first, each inside its calling instruction
};

// The calling thread's stack, the interposer's own frames left out. No lock, no system call once the frames'
// rules are known, no allocation ever; safe in signal handlers.
void stack_capture(struct stack *stack);

// Walks once, so that what the walk needs has been touched before main.
void stack_warm(void);

// Drops what is known of code that may have been unloaded.
void stack_forget(void);

#endif
