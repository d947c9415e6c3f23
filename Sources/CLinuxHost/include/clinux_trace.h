// The kernel witness's ears: perf tracepoints of what the kernel allocates for a process, and its page faults. In C for the
// reasons of clinux_witness.h. Where the fields of a record lie is the caller's to say: each kernel has them elsewhere.
#ifndef CLINUX_TRACE_H
#define CLINUX_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "clinux_family.h"

// tracefs where it is mounted; else a mount of our own that nobody else sees and that ends with the descriptor (fsmount(2)),
// for which it takes root. A directory, or -1 with errno set.
int cl_open_tracefs(void);

enum cl_trace_kind {
    CL_KMALLOC,
    CL_CACHE_ALLOC,
    CL_PAGE_ALLOC,
    CL_FAULT,            // a page fault, of user code or of the kernel on a page of the user's
    CL_PROBE,            // a uprobe was hit
    CL_MAPPED,           // a file or memory was mapped: `address`, `bytes`, `offset`, `text`
    CL_FORKED,           // `pid` and `tid` began; `parent` is of the process
    CL_BECAME_PROGRAM,   // exec: all mappings are gone
    CL_TRACE_LOST,       // `bytes` records found no room
    CL_TRACE_MALFORMED   // a record shorter than what it must hold
};

// Where a number or a text lies in a tracepoint's own part of a record; size 0: this kernel has no such field.
struct cl_field {
    uint32_t offset;
    uint32_t size;
};

struct cl_tracepoint {
    uint64_t id;             // tracefs: events/…/id
    uint32_t kind;           // enum cl_trace_kind
    struct cl_field flags;   // common_flags
    struct cl_field site;    // call_site
    struct cl_field bytes;   // bytes_req; of CL_PAGE_ALLOC the order
    struct cl_field gfp;
    struct cl_field name;    // of the slab cache: a __data_loc, which says where its text lies
};

enum { CL_TRACE_FRAMES = 127, CL_TRACE_TEXT = 4096 };

struct cl_trace_record {
    uint64_t nanoseconds;    // CLOCK_MONOTONIC
    int32_t pid;             // of its process
    int32_t tid;
    int32_t parent;
    uint32_t kind;           // enum cl_trace_kind
    uint32_t in_interrupt;   // nonzero: the thread was only interrupted by whoever did this
    uint32_t frames;         // of the kernel's call chain
    uint64_t site;
    uint64_t outer_site;     // where `site` is the tracepoint's own function, which calls several listeners; 0: it never is
    uint64_t bytes;
    uint64_t gfp;
    uint64_t address;
    uint64_t offset;
    uint64_t user_ip;        // 0 for a kernel thread
    uint64_t user_sp;
    uint64_t user_bp;        // with stacks
    const unsigned char *stack;  // the user's from user_sp on, with stacks; valid until the next record
    uint32_t stack_bytes;
    uint64_t argument[3];    // of CL_PROBE: the function's first ones
    uint64_t caller;         // of CL_PROBE: where the function returns to
    uint64_t frame[CL_TRACE_FRAMES];
    char text[CL_TRACE_TEXT];
};

// Swift imports arrays as tuples.
static inline const char *cl_trace_text(const struct cl_trace_record *record) {
    return record->text;
}

static inline const uint64_t *cl_trace_frames(const struct cl_trace_record *record) {
    return record->frame;
}

struct cl_trace_layout {
    const struct cl_tracepoint *points;
    uint32_t count;
    bool stacks;
    bool probes;  // some are CL_PROBE: with their arguments and callers
};

// Reads one record of a ring. False if it is of no interest. Touches nothing beyond `size` bytes, whatever they are.
bool cl_trace_decode(const struct cl_trace_layout *layout, const unsigned char *bytes, uint32_t size,
                     struct cl_trace_record *record);

struct cl_trace;

// Watches a family, if there is one, this kernel can do it, and the layout has neither stacks nor probes; else threads and all
// that they will start. On every CPU, from now on. Null with errno set. The family must outlive it.
struct cl_trace *cl_trace_open(struct cl_family *family, const pid_t *threads, int count,
                               const struct cl_trace_layout *layout);
void cl_trace_close(struct cl_trace *trace);
int cl_trace_descriptors(const struct cl_trace *trace, int *descriptors, int room);
uint64_t cl_trace_lost(const struct cl_trace *trace);
// BPF programs tell of the allocations, and not perf events on each thread.
bool cl_trace_is_of_programs(const struct cl_trace *trace);
bool cl_trace_next(struct cl_trace *trace, struct cl_trace_record *record);

// MARK: the kernel's symbols

struct cl_symbol {
    uint64_t address;    // asked for
    uint64_t start;      // of the function that holds it; 0: not known
    char name[128];
    char module[64];     // empty: the kernel itself
};

// Names addresses by /proc/kallsyms; they must be in rising order. False with errno set if it cannot be read; EPERM if it
// shows this process no addresses (kernel.kptr_restrict).
bool cl_name_symbols(struct cl_symbol *symbols, uint32_t count);

#endif
