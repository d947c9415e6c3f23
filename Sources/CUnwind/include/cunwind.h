// Call stacks of other processes, walked by libunwind's remote interface over a copy of a thread's registers and of the top of
// its stack. A walk reads nothing of the process itself, so the thread may run on or have ended. In C because libunwind reads
// memory and registers through C callbacks, and its functions are macros that Swift does not import.
#ifndef CUNWIND_H
#define CUNWIND_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// MARK: files

// An executable or library, and the place of its call frame information (.eh_frame). Any bytes may be in it.
struct cu_image;

// The file at an absolute path; or "[vdso]", which is the same in every process of this machine. Null with errno set if it
// cannot be read or is no 64-bit ELF file.
struct cu_image *cu_image_open(const char *path);
void cu_image_close(struct cu_image *image);

// A part of the address space, and the file that is mapped there from `offset` on.
struct cu_mapping {
    uint64_t start;
    uint64_t end;
    uint64_t offset;
    struct cu_image *image;  // null: none that can be read
};

// MARK: walking

// By DWARF's numbers (System V ABI AMD64 supplement, figure 3.36).
enum { CU_BP = 6, CU_SP = 7, CU_IP = 16, CU_REGISTERS = 17 };

// The copy of a thread's registers and stack.
struct cu_thread {
    uint64_t registers[CU_REGISTERS];
    uint32_t known;              // a bit for each register; the others are unknown
    const unsigned char *stack;  // from the stack pointer on
    uint64_t stack_bytes;
};

// Finds the mapping at an address of the thread's process. False if none is known.
typedef bool cu_find(void *context, uint64_t address, struct cu_mapping *mapping);

enum { CU_FRAMES = 64, CU_WORDS = 192 };

// Words that a walk may read: the longest of real programs take some 20,000. Call frame information may loop (DW_OP_skip).
enum { CU_READS = 1 << 18 };

struct cu_stack {
    uint64_t address[CU_FRAMES];  // innermost first: the instruction itself, then where each caller's call is
    uint32_t frames;
    bool whole;                   // the last is the outermost, by its call frame information
    bool words_overflowed;
    bool exhausted;               // it ended because it had read too much
    uint32_t words;               // of the stack, that the walk depended on
    struct {
        uint64_t address;
        uint64_t value;
    } word[CU_WORDS];
};

// Swift imports arrays as tuples.
static inline const uint64_t *cu_stack_addresses(const struct cu_stack *stack) {
    return stack->address;
}

// libunwind's cache of a process's code, by address. Discard it when other code is mapped. Without it a walk takes six times
// as long. Null if memory is short.
struct unw_addr_space;
struct unw_addr_space *cu_code_create(void);
void cu_code_destroy(struct unw_addr_space *code);

// Walks as far as the call frame information and the stack that was taken reach; where code has none, by the frame pointer.
void cu_walk(struct unw_addr_space *code, const struct cu_thread *thread, cu_find *find, void *context,
             struct cu_stack *walk);

// The stack holds what that walk read of its thread's: with the same registers and mappings it would be the same walk.
bool cu_stack_holds(const struct cu_stack *walk, const struct cu_thread *thread);

// MARK: threads that run

enum cu_taken {
    CU_NOT_TAKEN,
    CU_TAKEN,             // it was stopped meanwhile, and runs again
    CU_TAKEN_WITHOUT_BP,  // it did not stop: it waits in the kernel and takes no signal. The stack pointer is that of its wait
    CU_RUNS_ON,           // it did not stop in time
    CU_REFUSED,           // `error` says why; ESRCH: it has ended
    CU_OTHER_MODE,        // it runs code for another architecture than ours: i386
};

struct cu_taking {
    pid_t tid;
    enum cu_taken taken;
    int error;
    struct cu_thread thread;  // its stack is ours: cu_give_back
};

// Takes the registers and the top of the stack of each thread, for which it is stopped for some microseconds (PTRACE_SEIZE and
// PTRACE_INTERRUPT of ptrace(2), which are no signals). Returns when all have stopped, or when the time is over.
//
// TRAP: a thread that waits in the kernel without taking signals does not stop, and a thread that has not stopped cannot be
// detached. Only the end of the tracing thread detaches it, so call this in a thread that ends (cu_within).
void cu_take(struct cu_taking *takings, uint32_t count, uint64_t nanoseconds);
void cu_give_back(struct cu_taking *takings, uint32_t count);

// Runs a function in a thread of its own. False if it has not returned in time; then it continues to use `context`. A read of
// a process's memory by /proc may block as long as that process waits in the kernel.
bool cu_within(uint64_t nanoseconds, void (*function)(void *context), void *context);

#endif
