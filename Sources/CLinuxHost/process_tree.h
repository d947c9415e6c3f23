// The subject's processes, as a set that BPF programs read in the kernel. A BPF program at a tracepoint costs the subject no
// more than the tracepoint; a perf event for each thread costs it 2 us at every context switch.
#ifndef CLINUX_PROCESS_TREE_H
#define CLINUX_PROCESS_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf.h"

enum { KERNEL_STACK = 16 << 10 };  // THREAD_SIZE: arch/x86/include/asm/page_64_types.h

enum { TS_COMPAT = 2 };  // arch/x86/include/asm/thread_info.h: the current system call is by the i386 ABI

// Offsets into this kernel's structures, and its tracepoints. Negative, or 0: this kernel has none.
struct kernel_shape {
    int task_tgid, task_pid;      // of a process, of a thread
    int task_status;              // of a thread: TS_COMPAT
    int task_mm, mm_brk;          // of a thread's memory: where its data segment ends
    int mm_def_flags, mm_locked;  // flags of mappings to come; pages that are locked
    int mm_owner;                 // a thread of the process that it is of
    int mm_counters, counter_bytes;      // of resident pages by kind: an array of struct percpu_counter
    int counter_count, counter_pointer;  // its part that all CPUs share, and where those of each are
    int array_pointers;                  // of a BPF array whose values each CPU has for itself: where these are
    int task_minor, task_major;   // page faults of a thread
    int task_flags;               // PF_* of a thread
    int cache_bytes, cache_name;  // of struct kmem_cache
    int task_files, files_table, table_room, table_files;  // the thread's open files
    int file_flags, file_inode, inode_mode;
    int file_count;               // of references to a struct file; -1: not known
    bool counts_from_zero;        // file_count is 0 for one reference (struct file_ref, since Linux 6.13)
    int request_file, request_opcode, request_task;  // of io_uring: struct io_kiocb, and a pointer in it
    int request_flags, request_descriptor;
    int request_task_task;        // -1: that pointer is the task; else it leads to one
    int completion_result;        // of struct io_uring_cqe
    bool completion_is_pointed;   // io_uring_complete passes a struct io_uring_cqe, not the result
    bool has_large_stacks;        // KASAN's kernels; else KERNEL_STACK
    // BTF type numbers of the tracepoints; 0 unless their arguments are those expected.
    uint32_t task_newtask, kmalloc, kmem_cache_alloc, mm_page_alloc, page_fault_user, page_fault_kernel, sys_enter, sys_exit;
    uint32_t process_exit;
    uint32_t rss_stat;
    uint32_t io_uring_complete, io_uring_submit, io_uring_overflow;
};

enum { REFUSAL = 512 };

struct process_tree {
    struct kernel_shape shape;
    int members;        // a BPF map with a bit for each pid
    uint64_t *bits;     // the same, mapped; null: there is no tree
    int began;          // the BPF program that adds new processes
    bool is_relied_on;  // `began` has reported a child of ours
};

// Makes an empty tree. False with errno set, and `why` in words. Needs root (or CAP_BPF and CAP_PERFMON), Linux 6.1 with BTF,
// and the initial pid namespace. A tree that is all zero may be ended, too.
bool process_tree_begin(struct process_tree *tree, char why[REFUSAL]);
void process_tree_end(struct process_tree *tree);

// True also for a process that has ended, until its pid is reused outside the tree.
bool process_tree_holds(const struct process_tree *tree, pid_t pid);
// Adds a process; from now on, what it starts is added by the kernel.
void process_tree_add(struct process_tree *tree, pid_t pid);
void process_tree_remove(struct process_tree *tree, pid_t pid);

// Appends instructions that return unless the current process is in the tree, and that load its task_struct into BPF_REG_9.
// They overwrite every register but BPF_REG_6, and use 4 bytes of the stack.
void process_tree_only(struct bpf_text *text, const struct process_tree *tree);

// The same for the process whose number is in r7, wherever the BPF program runs. Leaves r9 alone.
void process_tree_only_process(struct bpf_text *text, const struct process_tree *tree);

// bpf_program, and bpf_attach of it; -1 with errno set, and `why` in words. ENOTSUP if `tracepoint` is 0: this kernel's has other
// arguments.
int process_tree_load(const struct bpf_text *text, uint32_t tracepoint, const char *name, char why[REFUSAL]);
int process_tree_attach(const struct bpf_text *text, uint32_t tracepoint, const char *name, char why[REFUSAL]);

#endif
