// A program's steady phase with libunwind for a witness: StackTests holds the stacks of the report against what it prints.
#ifndef LIBORACLE_H
#define LIBORACLE_H

#ifdef __cplusplus
extern "C" {
#endif

// Opens the file with O_DIRECT and writes some blocks of it: the steady phase begins.
void oracle_begin(const char *path);

// Takes down the stack as libunwind walks it, and allocates, each time another number of bytes. It says how many. Before
// oracle_begin it does nothing.
long oracle_allocate(void);

// Prints a line for each allocation: its bytes, and each caller as module+offset, innermost first; "signal" before what one interrupted.
void oracle_end(void);

#ifdef __cplusplus
}
#endif
#endif
