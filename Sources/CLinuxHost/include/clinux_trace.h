// The one source of kernel events of a subject: kernel allocations, page faults, system calls that map and lock, and the
// processes of its tree. In C: the ABIs are macros, unions and shared memory with barriers, none of which Swift imports. The
// caller gives the offsets of a record's fields, which differ between kernels.
#ifndef CLINUX_TRACE_H
#define CLINUX_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum cl_trace_kind {
    CL_KMALLOC,
    CL_CACHE_ALLOC,
    CL_PAGE_ALLOC,
    CL_FAULT,            // a page fault, of user code or of the kernel on a user page
    CL_PROBE,            // a uprobe was hit
    CL_CALL,             // a system call was made: `act`, and the length that it named as `bytes`
    CL_MAPPED,           // a file or memory was mapped: `address`, `bytes`, `offset`, `text`
    CL_FORKED,           // `pid` and `tid` began; `parent` is the parent process
    CL_SHARES_MEMORY,    // `pid` made a process that shares its memory and is no thread; BPF only
    CL_BECAME_PROGRAM,   // exec: all mappings are gone; `text` is the program's name, or its path
    CL_TRACE_LOST,       // the ring had no room for `bytes` records
    CL_TRACE_MALFORMED,  // a record shorter than what it must hold
    CL_AMBIGUOUS_CALL,   // a system call whose number means one thing for 64-bit code and another for 32-bit code
    // What moves data of O_DIRECT files: `act` (enum cl_move), `reads`, `writes`, `address` (which identifies the open file):
    CL_MOVES,            // a system call begins; `bytes` that it is to move, if it names one length
    CL_MOVED,            // it ends, and its `result` is not that length; each io_submit's end, and the first ends of each process, too
    CL_SUBMITS,          // io_submit begins; `bytes` is the number of iocbs that could be read
    CL_COMPLETED,        // a request of io_uring's is complete, with its `result`; address 0: its file is not known
    CL_CLOSES,           // the file's last descriptor is closed or replaced
    CL_PAGES,            // the resident pages of process `parent` changed: `argument` (of files, anonymous, of shared memory);
                         // `address` identifies its memory; `reads`: it is not the thread's own;
                         // `writes`: within exec
    CL_ENDED,            // the thread ends; BPF only
    CL_INTERRUPTED,      // seccomp only: a signal came before we could look, and the subject may have seen EINTR
    CL_NOTHING           // ignore it
};

enum cl_act {
    CL_MMAP,
    CL_MUNMAP,
    CL_MREMAP,
    CL_BRK,
    CL_MLOCKALL,
    CL_MUNLOCK,
    CL_MUNLOCKALL,
    CL_SHMAT,
    CL_REMAP_FILE_PAGES,
    CL_IO_SETUP,
    CL_MAP_VDSO,
    CL_COLLAPSE,
    CL_LOWER_BRK,  // brk that moves the heap's end down; BPF only
    CL_EXECVE,    // this and the next are reported as CL_BECAME_PROGRAM, not as CL_CALL
    CL_EXECVEAT
};

// What moves data.
enum cl_move {
    CL_READ,
    CL_WRITE,
    CL_PREAD64,
    CL_PWRITE64,
    CL_READV,
    CL_WRITEV,
    CL_PREADV,
    CL_PWRITEV,
    CL_PREADV2,
    CL_PWRITEV2,
    CL_SENDFILE,
    CL_SPLICE,
    CL_COPY_FILE_RANGE,
    CL_IO_SUBMIT,
    CL_IO_URING
};

// Each stream has rings of its own, and its own records of processes, so that a flood of one loses no record of the other.
enum cl_stream {
    CL_MEMORY,  // allocations, page faults, uprobes
    CL_CALLS,   // system calls
    CL_TRANSFERS,  // what moves data of O_DIRECT files; by BPF programs only
    CL_STREAMS,
    CL_PROCESSES = CL_STREAMS  // mappings and processes, for the first two where these have BPF programs
};

// The place of a field in the tracepoint's part of a record; size 0: this kernel has no such field.
struct cl_field {
    uint32_t offset;
    uint32_t size;
};

struct cl_tracepoint {
    uint64_t id;                 // tracefs: events/…/id; 0 for CL_FAULT and CL_MAPPED, which are software events
    uint32_t kind;               // enum cl_trace_kind
    struct cl_field flags;       // common_flags
    struct cl_field site;        // call_site
    struct cl_field bytes;       // bytes_req; of CL_PAGE_ALLOC the order
    struct cl_field gfp;
    struct cl_field name;        // of the slab cache: a __data_loc, which gives the place of the string
    struct cl_field number;      // of CL_CALL
    struct cl_field arguments;   // of CL_CALL: six of 8 bytes
};

enum { CL_TRACE_FRAMES = 127, CL_TRACE_TEXT = 4096 };

struct cl_trace_record {
    uint64_t nanoseconds;    // CLOCK_MONOTONIC
    int32_t pid;             // of its process
    int32_t tid;
    int32_t parent;
    uint32_t kind;           // enum cl_trace_kind
    uint32_t act;            // enum cl_act
    uint32_t in_interrupt;   // nonzero: an interrupt caused the event, and the thread was only interrupted
    uint32_t is_flusher;     // of an allocation: whether the thread ran as PR_SET_IO_FLUSHER is not known (0), no (1), yes (2)
    uint32_t is_awaited;     // of CL_SHARES_MEMORY; nonzero: the thread waits for it, as by vfork(2)
    uint32_t frames;         // of the kernel's call chain
    uint64_t site;
    uint64_t outer_site;     // the site, where `site` is a tracepoint's own function that calls several listeners; 0: it never is
    uint64_t bytes;
    uint64_t gfp;
    uint64_t address;
    uint64_t offset;
    uint64_t user_ip;        // 0 for a kernel thread
    uint64_t user_sp;
    uint64_t user_bp;        // with stacks
    const unsigned char *stack;  // the user stack from user_sp on, with stacks; valid until the next record
    uint32_t stack_bytes;
    uint32_t reads;          // transfers from and to O_DIRECT files
    uint32_t writes;
    uint32_t is_locked;      // of CL_MOVES: MCL_FUTURE is not known (0), not in effect (1), in effect (2)
    uint64_t locked_pages;
    uint64_t faults;         // by BPF: one more than the page faults that the thread has had by then; 0: not known
    int64_t result;          // of CL_MOVED and CL_COMPLETED
    uint64_t direct;         // of CL_SUBMITS: a bit for each of the first 64 iocbs that is one of the transfers
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

// The tracepoints of a stream. With perf events, the first one also reports mappings and processes.
struct cl_trace_layout {
    const struct cl_tracepoint *points;
    uint32_t count;
    bool stacks;
    bool probes;  // some are CL_PROBE: with their arguments and callers
    bool transfers;  // CL_MOVES to CL_PAGES, without a tracepoint for perf
    bool calls;   // CL_CALL; or CL_MAPPED alone: perf's records of new mappings, as calls of mmap and brk
};

// Decodes one record of a perf ring. False if it is of no interest. Reads no byte beyond `size`, whatever the bytes are.
bool cl_trace_decode(const struct cl_trace_layout *layout, const unsigned char *bytes, uint32_t size,
                     struct cl_trace_record *record);

// How a stream gets its events.
enum cl_way {
    CL_NO_WAY,       // not at all
    CL_BY_BPF,  // a BPF program on each tracepoint, for a process and all that it starts
    CL_BY_EVENTS     // a perf event on each thread, which those that it starts inherit
};

struct cl_trace;

// Starts the BPF programs, which do not need to know the process yet. `is_tree`: it will be one that has not run yet, and has one
// thread. Then they are used if the kernel allows it and the layout has neither stacks nor probes. They need root (or CAP_BPF and
// CAP_PERFMON), Linux 6.1 with BTF, and the initial pid namespace. Null: out of memory.
struct cl_trace *cl_trace_prepare(bool is_tree, const struct cl_trace_layout *const layouts[CL_STREAMS]);
// Watches threads and all that they will start, on every CPU, from now on. `process` is theirs. Streams without BPF programs get
// perf events. A stream without a layout gets no events; cl_trace_error says why another does not.
void cl_trace_watch(struct cl_trace *trace, const pid_t *threads, int count, pid_t process);
void cl_trace_close(struct cl_trace *trace);
// The same by a thread: to detach BPF programs takes the kernel milliseconds, in which a report can be made.
void cl_trace_close_apart(struct cl_trace *trace);

enum cl_way cl_trace_way(const struct cl_trace *trace, enum cl_stream stream);
// The errno with which perf refused the events of a stream; 0: it did not.
int cl_trace_error(const struct cl_trace *trace, enum cl_stream stream);
// Why a stream has no BPF programs, with the last lines of the verifier's log; empty if it has, or if none was tried.
const char *cl_trace_refusal(const struct cl_trace *trace, enum cl_stream stream);

// Stores descriptors that become readable when a ring is getting full, and returns their number.
int cl_trace_descriptors(const struct cl_trace *trace, int *descriptors, int room);

// The number of records of a stream that were lost so far. A ring reports a loss (CL_TRACE_LOST) only with the next record for
// which it has room, which may never come. 0 if the kernel does not report it.
uint64_t cl_trace_lost(const struct cl_trace *trace, enum cl_stream stream);

// Why there is no CL_PAGES, though there are transfers; empty: there is.
const char *cl_trace_why_no_pages(const struct cl_trace *trace);

// From now on cl_trace_next returns the records that there are now, and no others before the next mark: a program that makes records
// without a pause would never let its reader end.
void cl_trace_mark(struct cl_trace *trace);

// The next record of any ring, and its stream. Records of different CPUs are not in the order of time. False if there is none.
bool cl_trace_next(struct cl_trace *trace, struct cl_trace_record *record, enum cl_stream *stream);

// Whether perf grants this thread the events that cl_trace_watch asks for. Closes them at once. False with errno set.
bool cl_trace_is_granted(const struct cl_trace_layout *layout);

// Attaches each BPF program to its tracepoint, checks that it reports an act of this process, and detaches it. 0, or the errno
// that refused one, and `why` in words.
int cl_trace_try_bpf(char *why, size_t room);

#endif
