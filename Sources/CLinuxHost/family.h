// What the witnesses have of a family.
#ifndef CLINUX_FAMILY_PARTS_H
#define CLINUX_FAMILY_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf.h"
#include "clinux_family.h"

enum { KERNEL_STACK = 16 << 10 };  // THREAD_SIZE: arch/x86/include/asm/page_64_types.h

// What its programs know of this kernel: where things lie in its structures. Negative, or 0: it has no such thing.
struct kernel_shape {
    int task_tgid, task_pid;      // of a process, of a thread
    int cache_bytes, cache_name;  // of struct kmem_cache
    bool has_large_stacks;        // KASAN's kernels; else KERNEL_STACK
    // Tracepoints that hand over what is expected, by their types' numbers; else 0.
    uint32_t task_newtask, kmalloc, kmem_cache_alloc, mm_page_alloc, page_fault_user, page_fault_kernel, sys_enter;
};

struct cl_family {
    struct kernel_shape shape;
    int members;      // a map with a bit for each pid
    uint64_t *bits;   // the same
    int began;        // the program that takes in those who begin
};

// Also of a process that has ended, until another that is not of the family has its number.
bool family_holds(const struct cl_family *family, pid_t pid);
void family_take_in(struct cl_family *family, pid_t pid);
void family_let_go(struct cl_family *family, pid_t pid);

// Appends: leave unless the process that runs is of the family; BPF_REG_9 is its task_struct. Uses every register but
// BPF_REG_6, and 4 bytes of the stack.
void family_only(struct bpf_text *text, const struct cl_family *family);

#endif
