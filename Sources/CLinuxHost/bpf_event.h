// The instructions that BPF programs share: they write an event record for an act of the process tree.
//
// r6 points at the tracepoint's arguments, r7 at the event record, r9 at the thread's task_struct.
#ifndef CLINUX_BPF_EVENT_H
#define CLINUX_BPF_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf.h"
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
// Stores how many page faults a thread has had, of which r1 has the minor and r2 the major ones.
void event_store_faults(struct bpf_text *text);
// Both, unless the current process is not in the tree: then it returns.
void event_begin(struct bpf_text *text, const struct listener *listener, uint32_t kind, int32_t bytes);

// Each stores at an offset of the record: the tracepoint's argument, or the value of `size` to which the argument points.
void event_store_argument(struct bpf_text *text, int argument, int at);
void event_store_pointee(struct bpf_text *text, int argument, int offset, int size, int at);
// The NUL-terminated string to which a member of the structure points to which an argument points, as the record's text.
void event_store_string(struct bpf_text *text, int argument, int offset);
// The function that contains the tracepoint, and its caller, in two numbers.
void event_store_callers(struct bpf_text *text, int at);

// Reads kernel memory, or the user's, at `offset` from the address in a register to the BPF program's stack. Leaves 0 there if it
// cannot be read.
//
// TRAP: to load a pointer by way of one that the verifier trusts (the current task's, a tracepoint's argument) makes it look for the
// names of several types among all of the kernel's: 2 ms for each such load. So pointers are read by these.
void event_fetch(struct bpf_text *text, int to, int bytes, int address, int offset);
void event_fetch_user(struct bpf_text *text, int to, int bytes, int address, int offset);

// struct pt_regs: the arguments of a system call, in the order of x86-64's ABI and of i386's; user state.
enum { REGS_DI = 14 * 8, REGS_SI = 13 * 8, REGS_DX = 12 * 8, REGS_R10 = 7 * 8, REGS_BX = 5 * 8, REGS_CX = 11 * 8 };
enum { REGS_IP = 16 * 8, REGS_SP = 19 * 8 };

// r2 is nonzero if the thread whose task_struct is in `task` makes a system call by the i386 ABI.
void event_ask_abi(struct bpf_text *text, const struct kernel_shape *shape, int task);

// An event was lost.
void event_count_loss(struct bpf_text *text, const struct listener *listener);
// Wakes the reader, by a record that says nothing.
void event_wake(struct bpf_text *text, const struct listener *listener);
// Sets r0 to the address of the number of CL_MOVED that were reported of the process whose number is in a register. Returns a jump that
// is taken if there is none. It uses 4 bytes of the stack at `key`.
int event_find_ends(struct bpf_text *text, const struct listener *listener, int process, int key);
// Submits the record; and returns, too.
void event_hand_over(struct bpf_text *text, const struct listener *listener);
void event_submit(struct bpf_text *text, const struct listener *listener);
// All false with errno and `why` set: makes the BPF program a watcher of system calls; attaches it; submits, returns and attaches it.
bool event_watch(struct bpf_text *text, struct listener *listener, enum call_end end, enum watcher watcher, const char *name);
bool event_attach(struct bpf_text *text, struct listener *listener, uint32_t tracepoint, const char *name);
bool event_end(struct bpf_text *text, struct listener *listener, uint32_t tracepoint, const char *name);

#endif
