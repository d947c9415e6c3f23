// One BPF program at each end of all system calls (raw_syscalls:sys_enter and sys_exit). It looks up the call's number in a
// table, and runs the BPF program that watches this call if the current process is in the tree. So the other system calls of the
// machine pay for one short BPF program, however many watch some.
#ifndef CLINUX_DISPATCHER_H
#define CLINUX_DISPATCHER_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf.h"
#include "calls.h"
#include "process_tree.h"

enum { REGS_NUMBER = 15 * 8 };  // in struct pt_regs: the system call's

enum call_end { AT_ENTER, AT_EXIT, CALL_ENDS };
enum watcher { NO_WATCHER, WATCHES_MAPPING, WATCHES_MOVING, WATCHES_SUBMITTING, WATCHES_CLOSING, WATCHERS };

struct dispatcher {
    const struct process_tree *tree;  // null: it was not begun
    enum call_end end;
    int table;       // a map: which BPF program watches a call, by ABI and number
    uint8_t *of;     // the same, mapped
    int watchers;    // a map of BPF programs
    int attached;
};

// False with errno set, and `why` in words. One that is all zero may be ended, too.
bool dispatcher_begin(struct dispatcher *dispatcher, const struct process_tree *tree, enum call_end end, char why[REFUSAL]);
void dispatcher_end(struct dispatcher *dispatcher);

// Begins to run the watchers, if there are any. False with errno set, and `why` in words.
bool dispatcher_attach(struct dispatcher *dispatcher, char why[REFUSAL]);

// Loads a BPF program as a watcher; false with errno set, and `why` in words. Makes it watch a system call, by its number in an ABI.
// Each call has one watcher.
bool dispatcher_load(struct dispatcher *dispatcher, enum watcher watcher, const struct bpf_text *text, const char *name,
                     char why[REFUSAL]);
void dispatcher_watch(struct dispatcher *dispatcher, enum watcher watcher, enum abi abi, int number);
// Its calls are watched no longer.
void dispatcher_forget(struct dispatcher *dispatcher, enum watcher watcher);

// A watcher's first instructions: r6 points at the tracepoint's arguments, r9 at the thread's task_struct.
void dispatcher_begin_watcher(struct bpf_text *text);

// Appends instructions that load the call's number into a register.
void dispatcher_load_number(struct bpf_text *text, const struct dispatcher *dispatcher, int to);

#endif
