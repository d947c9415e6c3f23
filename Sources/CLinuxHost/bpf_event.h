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
// Both, unless the current process is not in the tree: then it returns.
void event_begin(struct bpf_text *text, const struct listener *listener, uint32_t kind, int32_t bytes);

// Each stores at an offset of the record: the tracepoint's argument, or the value of `size` to which the argument points.
void event_store_argument(struct bpf_text *text, int argument, int at);
void event_store_pointee(struct bpf_text *text, int argument, int offset, int size, int at);
// The NUL-terminated string to which a member of the structure points to which an argument points, as the record's text.
void event_store_string(struct bpf_text *text, int argument, int offset);
// The function that contains the tracepoint, and its caller, in two numbers.
void event_store_callers(struct bpf_text *text, int at);

// Ends the BPF program, and attaches it. False with errno and `why` set.
bool event_end(struct bpf_text *text, struct listener *listener, uint32_t tracepoint, const char *name);

#endif
