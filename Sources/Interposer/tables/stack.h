// Call stacks. Only stack.c knows the layout of frames.
#ifndef DIOAUDIT_STACK_H
#define DIOAUDIT_STACK_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger_abi.h"

enum stack_truncation { STACK_WHOLE = 0, STACK_TOO_DEEP = 1, STACK_NO_CFI = 2 };

struct stack {
    uint32_t depth;
    uint8_t truncated;  // enum stack_truncation
    bool in_handler;    // a signal handler's frame is among those walked
    int32_t tid;
    uintptr_t addresses[DIOAUDIT_FRAMES];  // innermost first, each inside its calling instruction
};

// Captures the calling thread's stack without the interposer's own frames. Takes no lock, never allocates, and makes no system
// call once the frames' rules are cached. Safe in signal handlers.
void stack_capture(struct stack *stack);

// Whether the whole stack could be walked, and no signal handler runs on it.
bool stack_is_plain(void);
// Whether the caller was called, directly or through others, from the interposer's function that holds `local`, a variable on its
// stack. False in a signal handler that interrupted that function, on another stack, and where the walk ends early. Under the
// same conditions.
bool stack_is_inside(uintptr_t local);

// Walks once, so that the memory that a walk needs has been touched before main.
void stack_warm(void);

// Empties the caches: code may have been unloaded.
void stack_forget(void);

#endif
