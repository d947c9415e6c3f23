// The resident pages of processes that transfer, wherever they come from: userfaultfd(2), another process that writes into the memory,
// MADV_COLLAPSE and khugepaged make pages without a page fault of the process's.
//
// A process's pages are reported from the end of its first transfer on: before, it may touch millions, none of which is judged.
#ifndef CLINUX_PAGES_H
#define CLINUX_PAGES_H

#include "bpf.h"
#include "listen.h"

// Starts the BPF program that reports each change (CL_PAGES), or sets `why_no_pages`.
void listen_pages(struct listener *listener);

// Appends instructions that report the pages of the memory whose address is at `memory` on the stack. r9 is the current task_struct, and
// alone is left as it is, with r6. They use the stack from PAGES_STACK to PAGES_STACK + 72. pages_append_callback comes after the end of the
// BPF program.
enum { PAGES_STACK = -336 };
void pages_report(struct bpf_text *text, const struct listener *listener, int memory);
void pages_append_callback(struct bpf_text *text, const struct listener *listener);

#endif
