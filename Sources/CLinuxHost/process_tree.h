// The subject's processes, told apart in the kernel itself: a BPF program that listens to a tracepoint for them costs them no
// more than the tracepoint, where an event that perf keeps for each of their threads costs them 2 us at every switch of threads.
#ifndef CLINUX_PROCESS_TREE_H
#define CLINUX_PROCESS_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf.h"

enum { KERNEL_STACK = 16 << 10 };  // THREAD_SIZE: arch/x86/include/asm/page_64_types.h

// What its programs know of this kernel: where things lie in its structures. Negative, or 0: it has no such thing.
struct kernel_shape {
    int task_tgid, task_pid;      // of a process, of a thread
    int task_status;              // of a thread: TS_COMPAT
    int cache_bytes, cache_name;  // of struct kmem_cache
    bool has_large_stacks;        // KASAN's kernels; else KERNEL_STACK
    // Tracepoints that hand over what is expected, by their types' numbers; else 0.
    uint32_t task_newtask, kmalloc, kmem_cache_alloc, mm_page_alloc, page_fault_user, page_fault_kernel, sys_enter;
};

enum { REFUSAL = 512 };

struct process_tree {
    struct kernel_shape shape;
    int members;      // a map with a bit for each pid
    uint64_t *bits;   // the same; null: there is no tree
    int began;        // the program that takes in those who begin
    bool is_relied_on;  // it has told of a process of ours; else its program ends at once with it
};

// One without members. False with errno set, and `why` in words: it takes root (or CAP_BPF and CAP_PERFMON), Linux 6.1 with BTF,
// and the first pid namespace. One that is all zero may be ended, too.
bool process_tree_begin(struct process_tree *tree, char why[REFUSAL]);
void process_tree_end(struct process_tree *tree);

// Also of a process that has ended, until another that is not of the tree has its number.
bool process_tree_holds(const struct process_tree *tree, pid_t pid);
// From now on with all that it will start.
void process_tree_add(struct process_tree *tree, pid_t pid);
void process_tree_remove(struct process_tree *tree, pid_t pid);

// Appends: leave unless the process that runs is of the tree; BPF_REG_9 is its task_struct. Uses every register but
// BPF_REG_6, and 4 bytes of the stack.
void process_tree_only(struct bpf_text *text, const struct process_tree *tree);

// tracepoints_attach; -1 with errno set, and `why` in words. ENOTSUP where this kernel's tracepoint (0) is not as expected.
int process_tree_attach(const struct bpf_text *text, uint32_t tracepoint, const char *name, char why[REFUSAL]);

#endif
