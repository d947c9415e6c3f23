// The instructions that BPF programs share: they write an event record for an act of the process tree.
//
// r6 points at the tracepoint's arguments, r7 at the event record, r9 at the thread's task_struct.
#ifndef CLINUX_BPF_EVENT_H
#define CLINUX_BPF_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf.h"
#include "calls.h"
#include "listen.h"

enum { EVENT_SHORT = offsetof(struct event_record, text) };  // the size of a record without a text

static inline int event_number(int i) {
    return (int)(offsetof(struct event_record, number) + 8 * (size_t)i);
}

// Makes a record of `bytes`, with its kind and time; and adds the current thread, whose task_struct is in r9.
void event_open(struct bpf_text *text, const struct listener *listener, uint32_t kind, int32_t bytes);
void event_store_thread(struct bpf_text *text, const struct listener *listener);
// The same without the state of its user code.
void event_store_thread_alone(struct bpf_text *text, const struct listener *listener);
// Both, unless the current process is not in the tree: then it returns.
void event_begin(struct bpf_text *text, const struct listener *listener, uint32_t kind, int32_t bytes);

// Each stores at an offset of the record: the tracepoint's argument, or the value of `size` to which the argument points.
void event_store_argument(struct bpf_text *text, int argument, int at);
void event_store_pointee(struct bpf_text *text, int argument, int offset, int size, int at);
// The NUL-terminated string to which a member of the structure points to which an argument points, as the record's text.
void event_store_string(struct bpf_text *text, int argument, int offset);
// The function that contains the tracepoint, and its caller, in two numbers.
void event_store_callers(struct bpf_text *text, int at);

// struct pt_regs: the arguments of a system call, in the order of x86-64's ABI and of i386's; its number; user state.
enum { REGS_DI = 14 * 8, REGS_SI = 13 * 8, REGS_DX = 12 * 8, REGS_BX = 5 * 8, REGS_CX = 11 * 8 };
enum { REGS_NUMBER = 15 * 8, REGS_IP = 16 * 8, REGS_SP = 19 * 8 };

// r2 is nonzero if the thread whose task_struct is in `task` makes a system call by the i386 ABI.
void event_ask_abi(struct bpf_text *text, const struct kernel_shape *shape, int task);

enum { EVENT_CALLS = 32 };
// Returns unless the system call whose number is in r7 is one of those that `list` gives for its ABI.
void event_only_calls(struct bpf_text *text, const struct kernel_shape *shape,
                      int (*list)(enum abi abi, int numbers[EVENT_CALLS]));

// Submit the record and return; attach the BPF program; do both. False with errno and `why` set.
void event_submit(struct bpf_text *text, const struct listener *listener);
bool event_attach(struct bpf_text *text, struct listener *listener, uint32_t tracepoint, const char *name);
bool event_end(struct bpf_text *text, struct listener *listener, uint32_t tracepoint, const char *name);

#endif
