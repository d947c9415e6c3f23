// Whether the program has a way past the interposed functions.
#ifndef DIOAUDIT_BYPASS_H
#define DIOAUDIT_BYPASS_H

// In words; null: it has not.
const char *bypass_taken(void);

#endif
