// The shared-memory ABI: the layout of the memory that the interposer (inside the subject) writes and the host reads.
//
// Both sides compile this file and share no other. CHANGE RULE: a change to a size, an offset, a meaning or an order below
// must also raise DIOAUDIT_LEDGER_VERSION. The host refuses a ledger of another version, and the interposer refuses to write
// one: without this handshake there is no pass.
//
// The ledger is one memfd. The subject opens it by the path in DIOAUDIT_LEDGER, or asks for a descriptor at the ledger socket,
// an abstract unix(7) socket. The variable is PATH,NAME,FD: the socket's name, and in four digits a descriptor from which it can be
// reached in another network namespace (0000: there is none).
//
//     [ session page ][ arena 0 ][ room for its call stacks ][ arena 1 ][ room … ] ...
//
// Each program image (each exec) claims an arena of its own and maps only that, and of the room behind it what it needs.
// What nobody has written to is a hole in the file. A child that forks without exec shares its
// parent's arena, since after chroot or setuid it could not open the ledger; it has a process record of its own.
//
// WHO WRITES, AND WHEN. The host writes the session's fields from magic to config once, before the subject starts, then
// `told`, and its answers to dioaudit_process.squeeze. The interposer writes all other fields, as the comment beside each field or
// struct says:
//
//     attach      once, by the thread that attaches the process, before `state` becomes ACTIVE
//     edge        by the thread that changes the phase, under the phase-transition lock; the first time in attach
//     own         by the one thread that owns the rows, by single instructions (add in architecture.h)
//     any         by any thread of the process, atomically; in the arena's header, by any of the image's processes
//     first       by the first thread that has a value for it
//
// All memory is zero at first. Counters only grow, except thread_phases_open, lost_images and the cells of an interlude, which
// are moved when it has ended.
//
// BARRIERS. One word publishes a group of fields. The writer stores it by release after the fields; the reader loads it by
// acquire before them:
//
//     word                   stored by                        loaded by
//     session, told          ToldWord (the host)              phases/phases.c
//     arena header, magic    map_arena (state/ledger.c)       dioaudit_arena_header_at (the host)
//     process, state         life/attach.c, phases_goodbye    dioaudit_process_state (the host)
//     process, squeeze       change (phases/squeeze.c)        Squeezer (the host): cl_change_word, and the same way back
//     edge, ready            fill (tables/edges.c)            dioaudit_edge_ready (the host)
//     place of a site        find (tables/sites.c)            the same file; the host, when the subject has ended
//     site, ready            describe (tables/sites.c)        the host, when the subject has ended
//     module, state          tables/modules.c                 the same file; the host, when the subject has ended
//     region, state          phases/regions.c                 the same file; the host, when the subject has ended
//     thread, state          give (tables/rows.c)             take (tables/rows.c): it then sees all counts of the rows
//
// "When the subject has ended" is ordered by wait(2): all stores of the subject come before.
#ifndef DIOAUDIT_LEDGER_ABI_H
#define DIOAUDIT_LEDGER_ABI_H

#include <stddef.h>
#include <stdint.h>

#define DIOAUDIT_LEDGER_MAGIC 0x726567646c6f6964ull  // "dioldger", little-endian
#define DIOAUDIT_LEDGER_VERSION 14u
#define DIOAUDIT_LEDGER_ENVIRONMENT "DIOAUDIT_LEDGER"  // names the memfd by a path and a socket

// The one list of counted events: X(identifier, report key). Events that other witnesses count (page faults, syscall…) have no
// cell here.
#define DIOAUDIT_EVENTS(X)                                                                                  \
    X(MALLOC, "malloc")                                                                                     \
    X(CALLOC, "calloc")                                                                                     \
    X(REALLOC, "realloc")                                                                                   \
    X(REALLOCARRAY, "reallocarray")                                                                         \
    X(FREE, "free")                                                                                         \
    X(POSIX_MEMALIGN, "posixMemalign")                                                                      \
    X(ALIGNED_ALLOC, "alignedAlloc")                                                                        \
    X(MEMALIGN, "memalign")                                                                                 \
    X(VALLOC, "valloc")                                                                                     \
    X(PVALLOC, "pvalloc")                                                                                   \
    X(FREE_SIZED, "freeSized")                                                                              \
    X(FREE_ALIGNED_SIZED, "freeAlignedSized")                                                               \
    X(MMAP, "mmap")                                                                                         \
    X(MUNMAP, "munmap")                                                                                     \
    X(MREMAP, "mremap")                                                                                     \
    X(BRK, "brk")                                                                                           \
    X(SBRK, "sbrk")                                                                                         \
    X(MADVISE, "madvise")                                                                                   \
    X(MLOCK, "mlock")                                                                                       \
    X(MUNLOCK, "munlock")                                                                                   \
    X(MLOCKALL, "mlockall")                                                                                 \
    X(MUNLOCKALL, "munlockall")

enum dioaudit_event {
#define X(identifier, key) DIOAUDIT_EVENT_##identifier,
    DIOAUDIT_EVENTS(X)
#undef X
    DIOAUDIT_EVENT_COUNT,
    // Not events, but counted in the same rows: the process's acts on its O_DIRECT files,
    DIOAUDIT_TRANSFER_READ = DIOAUDIT_EVENT_COUNT,
    DIOAUDIT_TRANSFER_WRITE,
    DIOAUDIT_SYNC,  // fsync, fdatasync, sync_file_range
    // and what is said of calls that are counted above:
    DIOAUDIT_COLLAPSE,   // MADV_COLLAPSE
    DIOAUDIT_IDLE_MMAP,  // mmap that mapped nothing
    DIOAUDIT_IDLE_BRK,   // brk and sbrk that mapped nothing: they failed, or moved the break down or within a page
    DIOAUDIT_CELL_COUNT
};

enum dioaudit_phase {
    DIOAUDIT_PHASE_NONE = 0,    // the process has not attached yet: fork wipes the page that holds the phase
    DIOAUDIT_PHASE_SETUP = 1,   // start to the first transfer
    DIOAUDIT_PHASE_EXIT = 2,    // exit has begun: reported as teardown
    DIOAUDIT_PHASE_WARMUP = 3,
    DIOAUDIT_PHASE_STEADY = 4,
    DIOAUDIT_PHASE_CLOSED = 5,  // no O_DIRECT file is open any more: teardown, unless one is opened again. Then it was an
                                // interlude, and its events count in the phase that it interrupted
    DIOAUDIT_PHASE_ALLOWED = 6,         // steady, but its events are no violations: in a region that the program declared as
                                        // allowed, or in a thread whose name is not judged
    DIOAUDIT_PHASE_ALLOWED_CLOSED = 7,  // the same where no O_DIRECT file is open
    DIOAUDIT_PHASE_COUNT = 8
};

enum dioaudit_enforce {
    DIOAUDIT_ENFORCE_REPORT = 0,
    DIOAUDIT_ENFORCE_ABORT = 1,  // stop at the first violation
    DIOAUDIT_ENFORCE_DENY = 2    // make a call that is a violation fail with ENOMEM
};

enum dioaudit_scope {
    DIOAUDIT_SCOPE_PROCESS = 0,
    DIOAUDIT_SCOPE_IO_THREADS = 1,  // threads that do transfers
    DIOAUDIT_SCOPE_THREADS = 2      // threads whose name matches config.scope_pattern
};

enum {
    DIOAUDIT_PAGE = 4096,
    DIOAUDIT_PROCESSES = 128,
    DIOAUDIT_MODULES = 160,
    DIOAUDIT_THREADS = 80,
    DIOAUDIT_FRAMES = 60,
    DIOAUDIT_ARENAS = 1024,
    DIOAUDIT_IMAGES = DIOAUDIT_ARENAS,  // further images have no arena
    DIOAUDIT_NAME = 16,     // a thread's name with its NUL, as in prctl(2) PR_GET_NAME
    DIOAUDIT_PATH = 240,
    DIOAUDIT_EDGES = 512,
    DIOAUDIT_ALLOWED_EDGES = 384,  // allowed regions may not use up what phases need
    DIOAUDIT_REGIONS = 24,
    DIOAUDIT_REGION_NAME = 64,
    DIOAUDIT_PATTERN = 64,
    DIOAUDIT_FUNCTION = 32
};

// The memory of sites: some in the arena, and pieces behind it, each twice as large as the one before.
enum {
    DIOAUDIT_CHAINS = 4096,
    DIOAUDIT_POOL = 136 << 10,
    DIOAUDIT_PIECE = 128 << 10,
    DIOAUDIT_PIECES = 9,
    DIOAUDIT_GROWTH = ((1 << DIOAUDIT_PIECES) - 1) * DIOAUDIT_PIECE
};

// A process in a pid namespace of its own does not know by which numbers dioaudit and the kernel's records know it. It asks, and
// all numbers in the ledger are those. A question is a datagram with a descriptor to which the answer is to be sent.
struct dioaudit_question {
    int32_t tid;            // of one of its threads, as the process numbers it
    uint32_t wants_ledger;  // nonzero: the answer comes with a descriptor of the ledger
};

struct dioaudit_answer {
    int32_t pid;            // 0, and so those below: not known
    int32_t parent_pid;
    int32_t tid;
};

struct dioaudit_cell {
    uint64_t calls;
    uint64_t bytes;  // that the caller asked for, granted or not; 0 for calls that name no size
};

// The host's request. Written once, before the subject starts.
struct dioaudit_config {
    // The steady phase of a process begins when all of these are over:
    uint64_t warmup_transfers[2];  // of each open file, by direction: read, written
    uint64_t warmup_of_process;    // transfers of the process on whichever file
    uint64_t warmup_nanoseconds;   // from its first transfer on
    uint64_t strict_events;        // bit per dioaudit_event: stacks are taken for these in strict phases
    uint32_t lock_at_start;        // nonzero: mlockall(MCL_CURRENT|MCL_FUTURE) before main
    uint32_t phases_by_marker;     // nonzero: only dioaudit_phase() moves from one phase to the next
    uint32_t enforce;              // enum dioaudit_enforce
    uint32_t scope;                // enum dioaudit_scope
    char scope_pattern[DIOAUDIT_PATTERN];  // with * and ?
    uint32_t squeeze;              // nonzero: each process asks the host to limit memory in its steady phase
    uint32_t pid_namespace;        // the inode of dioaudit's (pid_namespaces(7)); 0: not known
    uint32_t largest_folio;        // small pages of anonymous memory that one page fault may bring, if they are no huge page
    uint32_t follows_host;         // nonzero: the host may change dioaudit_session.told
    uint32_t steady_when_told;     // nonzero: no steady phase begins before that
};

// What the host has said of the steady phase (--steady-from, --steady-to). A process heeds it at its next counted event or
// transfer, and follows its own transfers otherwise.
enum dioaudit_told {
    DIOAUDIT_TOLD_NOTHING = 0,
    DIOAUDIT_TOLD_STEADY = 1,   // begins now, or with the first transfer of a process
    DIOAUDIT_TOLD_TEARDOWN = 2  // is over
};

// A process asks, and waits on the word (futex(2)) until the host answers by changing it. A socket would not do: it allocates
// memory, and at that time there is none.
enum dioaudit_squeeze {
    DIOAUDIT_SQUEEZE_NONE = 0,
    DIOAUDIT_SQUEEZE_ASKED = 1,      // its steady phase is about to begin
    DIOAUDIT_SQUEEZE_IN_EFFECT = 2,  // the host's answer
    DIOAUDIT_SQUEEZE_MISSED = 3,     // the host refused, or did not answer in time: a steady phase began without the limit
    DIOAUDIT_SQUEEZE_ENDING = 4,     // its steady phase is over
    DIOAUDIT_SQUEEZE_ENDED = 5       // the host's answer
};

struct dioaudit_session {
    // host, before the subject starts:
    uint64_t magic;
    uint32_t version;
    uint32_t arena_bytes;          // sizeof(struct dioaudit_arena)
    struct dioaudit_config config;
    // any process, atomically:
    uint32_t arenas_claimed;       // may exceed DIOAUDIT_ARENAS: the excess is the number of images not observed
    uint32_t images_refused;       // images whose interposer could not attach (another version, no memory)
    // host, while the subject runs:
    uint32_t told;                 // enum dioaudit_told
};

// Flags of proc_pid_stat(5) that PR_SET_IO_FLUSHER sets: PF_MEMALLOC_NOIO and PF_LOCAL_THROTTLE (include/linux/sched.h,
// kernel/sys.c). Many parts of the kernel set the former alone for a while.
enum { DIOAUDIT_PF_IO_FLUSHER = 0x00180000 };

enum dioaudit_process_state {
    DIOAUDIT_PROCESS_FREE = 0,
    DIOAUDIT_PROCESS_CLAIMED = 1,  // the record is being filled
    DIOAUDIT_PROCESS_ACTIVE = 2,   // the handshake: attached, slots mapped, unwinder warm
    DIOAUDIT_PROCESS_EXITED = 3    // exit, _exit or the end of main was seen, and the last edge was taken
};

struct dioaudit_faults {
    uint64_t minor;
    uint64_t major;
};

// What the process's memory gained in its steady phase beyond what was counted meanwhile.
struct dioaudit_growth {
    uint64_t pages;  // resident: beyond those that page faults may have brought
    uint64_t bytes;  // of address space, if no call was counted that maps
    uint64_t heap;   // bytes by glibc's own books, if no call was counted that allocates
    uint64_t unlocked;  // bytes of locked memory that are locked no more, if no call was counted that unlocks or unmaps
};

enum dioaudit_memory {
    DIOAUDIT_MEMORY_NONE = 0,
    DIOAUDIT_MEMORY_BEGUN = 1,     // a steady phase has begun
    DIOAUDIT_MEMORY_MEASURED = 2,  // an interlude interrupted it, and may be its end: `growing` is its growth
    DIOAUDIT_MEMORY_OVER = 3       // it is over, and its growth was added to `grown`
};

// Whether a mapping that is made now is locked, where mlockall(MCL_FUTURE) is in effect by the calls that were counted.
enum dioaudit_new_mappings {
    DIOAUDIT_NEW_MAPPINGS_LOCKED,  // or not asked
    DIOAUDIT_NEW_MAPPINGS_UNKNOWN,
    DIOAUDIT_NEW_MAPPINGS_UNLOCKED,
};

// How far glibc's books could be read at the edges; of several, the largest.
enum dioaudit_heap {
    DIOAUDIT_HEAP_NONE = 0,
    DIOAUDIT_HEAP_READ = 1,
    DIOAUDIT_HEAP_OF_OTHERS = 2,   // another allocator's heap, or a libc without mallinfo2
    DIOAUDIT_HEAP_OF_FORK = 3,     // a child by _Fork or clone
    DIOAUDIT_HEAP_IN_HANDLER = 4   // in a signal handler, or where the stack could not be walked to its end
};

// Bytes by direction: read, written.
struct dioaudit_bytes {
    uint64_t bytes[2];
};

// The disk I/O of a phase.
struct dioaudit_balance {
    struct dioaudit_bytes accounted;  // edge: to the process by the kernel, while it was in the phase
    struct dioaudit_bytes explained;  // any: moved by transfers that began while the process was in the phase
};

// What a process did before the first transfer that was seen, while it had an O_DIRECT file: transfers that were not seen may be among it.
struct dioaudit_unseen {
    struct dioaudit_bytes accounted;        // by the kernel
    struct dioaudit_bytes uncalled;         // moved by calls that did not reach the interposer
    struct dioaudit_bytes accounted_before; // while it goes on: what there was when it began
    struct dioaudit_bytes uncalled_before;
    uint32_t goes_on;
    uint32_t unknown;                       // nonzero: it could not be read
};

// While dioaudit_process.timed: when a thread made no judged call (config.strict_events). CLOCK_MONOTONIC.
struct dioaudit_quiet {
    uint64_t last;      // the last such call; 0: none
    uint64_t from, to;  // the longest time without one before that
};

enum dioaudit_ring { DIOAUDIT_RING_AIO, DIOAUDIT_RING_URING };

struct dioaudit_process {
    uint32_t state;                          // attach: CLAIMED first and ACTIVE last; edge: EXITED, at the last one
    int32_t pid;                             // attach; 0: not known
    int32_t parent_pid;                      // attach
    uint32_t phase;                          // edge: the one entered
    uint64_t started_nanoseconds;            // attach; CLOCK_MONOTONIC
    uint64_t edge_nanoseconds;               // edge: when `phase` was entered
    uint64_t first_transfer_nanoseconds;     // edge: when setup ended
    uint64_t timed_from;                     // since the process has or had an O_DIRECT file, in setup; 0: it had none
    uint64_t timed_to;                       // edge out of setup; 0: it goes on
    uint64_t phase_nanoseconds[DIOAUDIT_PHASE_COUNT];  // edge: of the phase left
    struct dioaudit_faults edge_faults;      // edge: getrusage(RUSAGE_SELF) at it; any: plus faults not charged to `phase`
    struct dioaudit_faults phase_faults[DIOAUDIT_PHASE_COUNT];  // edge: of the phase left; any: plus faults moved to the phase
    struct dioaudit_bytes edge_accounted;    // edge: what the kernel has accounted to the process (getrusage, blocks of 512)
    struct dioaudit_balance warmup_io;
    struct dioaudit_balance steady_io;
    struct dioaudit_unseen unseen;           // edge to setup and out of it, and where its first O_DIRECT file is opened or its last closed
    struct dioaudit_bytes deferred;          // any: explained ones begun before steady, that may be accounted in a later phase
    uint32_t accounting_refused;             // edge; nonzero: getrusage(2) failed
    uint32_t may_have_left;                  // the thread that is about to exec or end: all was accounted then; 0 again if it stays
    struct dioaudit_bytes called;            // any: that calls through the interposer read and wrote, of any descriptor
    struct dioaudit_bytes uncalled_at_steady;  // edge to the first steady phase: read and written by any call (proc_pid_io(5),
                                               // rchar and wchar), less what `called` was then
    struct dioaudit_bytes uncalled;          // edge out of a steady phase whose accounting is not exact: the same since then
    uint32_t calls_known;                    // edge; nonzero: both could be read
    uint32_t rings_made[2];                  // any: by libaio and by liburing, enum dioaudit_ring
    uint32_t ring_mappings[2];               // edge to the first steady phase: mappings that are memory of such rings
    uint32_t interlude;                      // edge: raised when the last O_DIRECT file is closed, and when one is opened again
    uint32_t steady_reached;                 // edge: nonzero from the first one to a steady phase, be it a thread's own
    uint32_t phase_by_marker;                // attach, and the thread that calls dioaudit_phase(): automatic phases stop
    uint32_t lock_flags;                     // the thread whose mlockall or munlockall succeeded: MCL_* in effect
    uint32_t lock_flags_at_steady;           // edge: to the first steady phase
    uint32_t lock_lost_in_steady;            // the thread whose munlock(all) succeeded in a steady phase; edge: to one
    int32_t lock_errno;                      // the thread whose mlockall failed, under the phase-transition lock; 0: none did
    uint32_t lock_calls;                     // any: mlockall calls
    uint64_t lock_bytes_needed;              // as lock_errno: VmSize when mlockall failed
    uint64_t lock_bytes_own;                 // as lock_errno: what the interposer has mapped of that
    uint64_t lock_limit;                     // as lock_errno: 1 + RLIMIT_MEMLOCK; 0: not known; UINT64_MAX: there is none
    uint64_t locked_bytes;                   // edge to the first steady phase, and so the three below: VmLck
    uint64_t unlocked_mappings;              // mappings without VM_LOCKED, special ones left out
    uint32_t io_flusher;                     // PR_SET_IO_FLUSHER of the thread at the edge
    uint32_t proc_readable;                  // the three above could be read
    struct dioaudit_growth grown;            // edge out of a steady phase: of all that are over
    struct dioaudit_growth growing;          // edge to an interlude: of the steady phase that it interrupts, up to here
    uint32_t memory;                         // edge into and out of a steady phase: enum dioaudit_memory
    uint32_t memory_unread;                  // edge: nonzero: a file of /proc could not be read, and `growth` is not known
    uint32_t heap_books;                     // edge: enum dioaudit_heap
    uint32_t new_mappings;                   // edge to the first steady phase, and to exit: enum dioaudit_new_mappings, the worse
    // any, at each occasion, down to `looked_up`:
    uint64_t transfers;                      // ordinal of the last completed transfer, all threads
    uint64_t lost_sites;                     // violations whose stack the full table of sites could not hold
    uint64_t lost_files;                     // O_DIRECT files or descriptors beyond the table: transfers not seen
    uint64_t shared_thread_calls;            // events counted in the shared slot because no thread slot was free
    uint64_t direct_mappings;                // syscall(2)s that map: only the syscalls witness sees those
    uint64_t direct_remappings;              // the same that unmap, move or unlock
    uint64_t direct_calls;                   // syscall(2)s that transfer or exec: not counted
    uint64_t direct_files;                   // O_DIRECT files that it was seen to open or to have
    uint64_t direct_streams;                 // O_DIRECT files that are streams, or may be: their transfers are not counted
    uint64_t denied_calls;                   // made to fail by DIOAUDIT_ENFORCE_DENY
    uint64_t edges_lost_at;                  // first: when the table had no room for an edge; 0: it always had
    uint64_t lost_regions;                   // regions beyond the table or the nesting: counted, not listed
    uint64_t lost_thread_faults;             // threads beyond the rows, whose page faults could not be attributed
    uint32_t threads_created;                // by pthread_create and thrd_create
    uint32_t markers_unknown;                // dioaudit_phase() calls with a name that is no phase
    uint32_t regions_unbalanced;             // regions that were ended but not begun
    uint32_t thread_phases_open;             // threads that are in a phase of their own
    uint32_t aborted;                        // first: nonzero: DIOAUDIT_ENFORCE_ABORT stopped it
    uint32_t lost_modules;                   // edge: objects beyond the table, which are not searched for a heap of their own
    // Ways for the program to bypass the interposed functions:
    uint32_t deep_bindings;                  // dlopen(RTLD_DEEPBIND) calls
    uint32_t other_namespaces;               // dlmopen calls for a namespace of its own
    uint32_t looked_up;                      // dlsym calls that found an interposed name in a library
    // the thread that runs constructors, before main:
    uint32_t taken;                          // interposed names that the program itself brings
    uint32_t replaced;                       // nonzero: a tool such as Valgrind has replaced the interposer's malloc
    int64_t clock_difference_least;          // attach, edge: CLOCK_REALTIME minus CLOCK_MONOTONIC
    int64_t clock_difference_most;
    uint32_t squeeze;                        // enum dioaudit_squeeze; any: the questions; host: the answers
    uint32_t jumps_in_exit;                  // any: longjmp calls after exit had begun
    uint32_t faults_refused;                 // any; nonzero: getrusage(2) failed, and page faults are not known
    uint32_t identity_refused;               // any; nonzero: getpid(2) or gettid(2) was refused, and nothing else told
    uint32_t numbers_unknown;                // attach, any; nonzero: it is in a pid namespace of its own, and dioaudit did not
                                             // answer which number it or a thread has outside
    uint32_t unmeasured_children;            // any: children by vfork in the steady phase whose page faults are not known
    uint32_t memory_sharers;                 // any: children by clone that share its memory, and are no threads
    uint32_t vforks;                         // any: children that share it by functions of libc which wait for them (vfork, posix_spawn)
    uint32_t memory_files;                   // any: O_DIRECT files of a file system in memory (tmpfs): no direct I/O
    uint32_t unknown_file_systems;           // any: O_DIRECT files of which fstatfs(2) was refused, and so may be the same
    char unknown_marker[32];                 // first: a name that markers_unknown counted
};

// The beginning of a phase, of a process or of one thread that named its own. By its time the host finds the phase of a kernel
// event. The thread that claimed its place (edges_used) writes it once. Exception: a process rewrites its edge to CLOSED at
// each further one, and voids it when a file is opened again.
struct dioaudit_edge {
    uint64_t nanoseconds;  // CLOCK_MONOTONIC
    uint32_t ready;        // nonzero: published
    uint32_t owner;        // index into processes
    uint32_t phase;        // NONE: void, or for a thread: it follows its process again
    uint32_t interlude;
    int32_t tid;           // 0: the process's
    uint32_t allows;       // enum dioaudit_allows: if not 0, the phase does not change
};

enum dioaudit_allows {
    DIOAUDIT_ALLOWS_BEGIN = 1,  // an allowed region of the thread
    DIOAUDIT_ALLOWS_END = 2,
    DIOAUDIT_OWN_BEGIN = 3,     // system calls of the interposer's own, by the thread
    DIOAUDIT_OWN_END = 4
};

// The events inside a region that the program named or declared as allowed. Any thread of the process claims and fills a
// record for a new name, and any thread adds to its counters atomically.
struct dioaudit_region {
    uint32_t state;        // 0 free, 1 being filled, 2 ready: published
    uint32_t owner;        // index into processes
    uint32_t allows;       // nonzero: events in it are no violations, and `name` is the reason
    uint32_t reserved;
    uint64_t entered;
    uint64_t left;
    char name[DIOAUDIT_REGION_NAME];
    struct dioaudit_cell cells[DIOAUDIT_EVENT_COUNT];         // in all phases
    struct dioaudit_cell steady_cells[DIOAUDIT_EVENT_COUNT];  // in the steady phase
};

// Which file a path led to, as stat(2) says. All zero: not known.
struct dioaudit_file {
    uint64_t device;
    uint64_t inode;
    int64_t changed_nanoseconds;  // st_ctim, which no program can set
};

// A loaded object. The first thread that needs it, in any process of the image, writes it once.
struct dioaudit_module {
    uint32_t state;                // 0 free, 1 being filled, 2 ready: published
    uint32_t reserved;
    uint64_t bias;                 // load address minus the address in the file
    struct dioaudit_file file;     // when it was noted: before main, or at an edge where it was loaded later
    char path[DIOAUDIT_PATH];
};

enum { DIOAUDIT_NO_MODULE = 0xff };

// A call stack with the kind of event and the thread: violations are reported by site. The thread takes memory for it, fills
// the first four fields and puts it at the end of its chain. It writes the description once, and the counters, `interlude` and
// the times at each event. Any thread adds to `others`.
//
// A chain holds the sites whose `stack_hash` leaves the same rest. `next` and arena.chains name a place in the memory of sites:
// 1 + the offset in bytes, or 0 for none. A site lies in one piece of that memory, at a multiple of 8.
struct dioaudit_site {
    uint64_t hash;                 // of stack_hash, the process and the thread
    uint64_t stack_hash;           // of the stack and the kind: the same stack in another thread has the same
    uint32_t owner;                // index into processes
    uint32_t capacity;             // frames that it has room for
    uint32_t next;                 // any, once: the next of its chain
    uint32_t ready;                // nonzero: the description is published
    uint8_t event;
    uint8_t depth;
    uint8_t truncated;             // more frames than DIOAUDIT_FRAMES, or unwinding stopped at code without CFI
    int32_t tid;
    uint32_t interlude;            // the one that `closed` was counted in
    uint32_t interlude_from;       // phase that it interrupted, if it turns out not to be the end
    char thread[DIOAUDIT_NAME];
    struct dioaudit_cell steady;   // in the steady phase
    struct dioaudit_cell closed;   // in the last interlude that had such events
    struct dioaudit_cell others;   // in the steady phase, by threads with the same stack for whose site the table had no room
    uint64_t first_transfer;       // transfers completed in the process, plus one if inside a transfer
    uint64_t last_transfer;        // the same at its last event
    uint64_t first_began;          // when its first call began and returned, CLOCK_MONOTONIC in nanoseconds
    uint64_t first_ended;
    uint64_t last_began;           // the same of its last call
    uint64_t last_ended;
    struct dioaudit_faults first_faults;  // page faults of its first call
    uint64_t frames[];             // innermost first: an address inside the calling instruction (return address - 1), of 56
                                   // bits; above it an index into modules, or DIOAUDIT_NO_MODULE
};

enum { DIOAUDIT_ADDRESS_BITS = 56 };

enum dioaudit_thread_state {
    DIOAUDIT_THREAD_FREE = 0,
    DIOAUDIT_THREAD_CLAIMED = 1,   // being filled or folded
    DIOAUDIT_THREAD_OWNED = 2,
    DIOAUDIT_THREAD_SHARED = 3     // the rows of many threads: tid is 0, and the name says which
};

// A thread's rows. A page each, so that no two threads share a cache line. The owning thread writes them, and in these states:
//   CLAIMED  the thread that claimed them: for itself, for another at an edge (threads.c), or to fold them (rows.c)
//   SHARED   any thread without rows, atomically; no thread writes rows of exited threads until it has claimed them
struct dioaudit_thread {
    uint32_t state;                // any, by compare and exchange
    uint32_t owner;                // index into processes
    int32_t tid;
    int32_t tid_inside;            // as its own pid namespace numbers it; 0: not known
    uint32_t interlude;            // the one that cells[CLOSED] were counted in
    uint32_t interlude_from;       // phase that the process returns to if that interlude turns out not to be the end
    uint32_t does_transfers;       // own; nonzero: it transferred in the steady phase, or tried to
    uint32_t faults_known;         // edge; nonzero: steady_faults is this thread's whole steady phase
    uint32_t matched;              // own, edge; nonzero: seen under a name that config.scope_pattern matches
    uint32_t ended_unmeasured;     // threads folded into these rows whose last faults were not read
    uint32_t is_claimed;           // own; nonzero: the thread itself claimed them, not only another that found it in /proc
    struct dioaudit_faults edge_faults;    // edge: proc_pid_stat(5) at it, if the scope is by thread; own: as the process's
    struct dioaudit_faults steady_faults;  // edge out of a steady phase, and own, when the thread ends
    char name[DIOAUDIT_NAME];      // when claimed; edge and own, as steady_faults
    uint64_t last_transfer[DIOAUDIT_EVENT_COUNT];  // 1 + ordinal of the last transfer begun when the event last
                                                   // happened after setup and before exit; 0: never
    uint64_t straddling[DIOAUDIT_EVENT_COUNT];     // calls during which the steady phase began: counted before, perhaps made in it
    struct dioaudit_quiet quiet;   // own
    struct dioaudit_cell cells[DIOAUDIT_PHASE_COUNT][DIOAUDIT_CELL_COUNT];
};

union dioaudit_thread_page {
    struct dioaudit_thread thread;
    unsigned char page[DIOAUDIT_PAGE];
};

// A program that a process started or is about to exec, and that must claim an arena of its own. The thread that claimed its
// place (images_started, or the place of a failed exec) writes it; the host reads it when the subject has ended.
struct dioaudit_image {
    int32_t pid;         // its process; 0 if not known (system, popen); DIOAUDIT_NOT_STARTED if exec failed
    int32_t parent_pid;  // of the process that started it
    uint32_t is_without_library;  // nonzero: the interposer's file could not be opened where it was started
};

enum { DIOAUDIT_NOT_STARTED = -1 };  // the place may be claimed again

struct dioaudit_arena_header {
    // when the arena is mapped:
    uint64_t magic;                // last: publishes the header and the config
    uint32_t version;
    uint32_t lost_processes;       // any: forked children for whom no process record was free
    uint64_t images_started;       // any: places in `images` that were claimed; may exceed the table
    uint32_t edges_used;           // any; may exceed the table
    uint32_t lost_images;          // any: programs started or executed for which `images` had no room
    uint32_t sites_used;           // any: bytes of the memory of sites that were taken
    uint32_t reserved;
    char executable[DIOAUDIT_PATH];          // by the image's first process, in attach; children by fork have the same
    char looked_up_name[DIOAUDIT_FUNCTION];  // first: a name that one of its processes found by dlsym in a library
    char taken_name[DIOAUDIT_FUNCTION];      // first: a name that its program defines itself
};

struct dioaudit_arena {
    struct dioaudit_arena_header header;
    struct dioaudit_config config;  // the session's, when the arena is mapped
    struct dioaudit_image images[DIOAUDIT_IMAGES];
    struct dioaudit_process processes[DIOAUDIT_PROCESSES];
    struct dioaudit_edge edges[DIOAUDIT_EDGES];
    struct dioaudit_region regions[DIOAUDIT_REGIONS];
    struct dioaudit_module modules[DIOAUDIT_MODULES];
    uint32_t chains[DIOAUDIT_CHAINS];  // any, once: the first site of each
    uint64_t pool[DIOAUDIT_POOL / 8];
    union dioaudit_thread_page threads[DIOAUDIT_THREADS] __attribute__((aligned(4096)));
};

enum { DIOAUDIT_ARENA_BYTES = sizeof(struct dioaudit_arena) };

_Static_assert(sizeof(struct dioaudit_thread) <= DIOAUDIT_PAGE, "a thread's rows fit a page");
_Static_assert(sizeof(struct dioaudit_session) <= DIOAUDIT_PAGE, "the session fits its page");
_Static_assert(sizeof(struct dioaudit_arena) % DIOAUDIT_PAGE == 0, "arenas are mapped by the page");
_Static_assert(offsetof(struct dioaudit_arena, threads) % DIOAUDIT_PAGE == 0, "thread rows start a page");
_Static_assert(sizeof(struct dioaudit_cell) == 16, "cells have no padding");
_Static_assert(sizeof(struct dioaudit_site) % 8 == 0, "sites follow each other");
_Static_assert(DIOAUDIT_PIECE % DIOAUDIT_PAGE == 0, "pieces are mapped by the page");
_Static_assert(DIOAUDIT_NO_MODULE < 1 << (64 - DIOAUDIT_ADDRESS_BITS), "a module fits above an address");
_Static_assert(DIOAUDIT_CELL_COUNT <= 64, "an event fits the strict_events mask");

// For Swift, which imports neither large C arrays nor string macros.

static inline const char *dioaudit_event_key(uint32_t event) {
    static const char *const keys[] = {
#define X(identifier, key) key,
        DIOAUDIT_EVENTS(X)
#undef X
    };
    return event < DIOAUDIT_EVENT_COUNT ? keys[event] : NULL;
}

static inline uint64_t dioaudit_arena_offset(uint32_t index) {
    return DIOAUDIT_PAGE + (uint64_t)index * (sizeof(struct dioaudit_arena) + DIOAUDIT_GROWTH);
}

static inline uint64_t dioaudit_ledger_bytes(void) {
    return dioaudit_arena_offset(DIOAUDIT_ARENAS);
}

static inline struct dioaudit_arena_header dioaudit_arena_header_at(const struct dioaudit_arena *arena) {
    uint64_t magic = __atomic_load_n(&arena->header.magic, __ATOMIC_ACQUIRE);  // pairs with map_arena's release
    struct dioaudit_arena_header header = arena->header;
    header.magic = magic;
    return header;
}

static inline const struct dioaudit_config *dioaudit_arena_config_at(const struct dioaudit_arena *arena) {
    return &arena->config;
}

static inline const struct dioaudit_image *dioaudit_image_at(const struct dioaudit_arena *arena, uint32_t i) {
    return &arena->images[i];
}

static inline const struct dioaudit_process *dioaudit_process_at(const struct dioaudit_arena *arena, uint32_t i) {
    return &arena->processes[i];
}

// While the subject runs, call this before reading the other fields.
static inline uint32_t dioaudit_process_state(const struct dioaudit_process *process) {
    return __atomic_load_n(&process->state, __ATOMIC_ACQUIRE);  // pairs with the release in life/attach.c and phases_goodbye
}

static inline uint32_t *dioaudit_squeeze_word(struct dioaudit_arena *arena, uint32_t i) {
    return &arena->processes[i].squeeze;
}

static inline const struct dioaudit_edge *dioaudit_edge_at(const struct dioaudit_arena *arena, uint32_t i) {
    return &arena->edges[i];
}

// While the subject runs, call this before reading the other fields.
static inline int dioaudit_edge_ready(const struct dioaudit_edge *edge) {
    return __atomic_load_n(&edge->ready, __ATOMIC_ACQUIRE) != 0;  // pairs with the release in tables/edges.c
}

static inline const struct dioaudit_region *dioaudit_region_at(const struct dioaudit_arena *arena, uint32_t i) {
    return &arena->regions[i];
}

static inline struct dioaudit_cell dioaudit_region_cell(const struct dioaudit_region *region, uint32_t event,
                                                        int steady) {
    return steady ? region->steady_cells[event] : region->cells[event];
}

static inline const struct dioaudit_module *dioaudit_module_at(const struct dioaudit_arena *arena, uint32_t i) {
    return &arena->modules[i];
}

static inline const uint32_t *dioaudit_chains(const struct dioaudit_arena *arena) {
    return arena->chains;
}

// Where the piece of the memory of sites begins that holds an offset, and where it ends.
static inline uint32_t dioaudit_piece_of(uint32_t offset) {
    uint32_t pieces = offset < DIOAUDIT_POOL ? 0 : (offset - DIOAUDIT_POOL) / DIOAUDIT_PIECE + 1;
    return pieces == 0 ? 0 : 32 - (uint32_t)__builtin_clz(pieces);  // 0 is the pool
}

static inline uint32_t dioaudit_piece_begin(uint32_t piece) {
    return piece == 0 ? 0 : DIOAUDIT_POOL + ((1u << (piece - 1)) - 1) * DIOAUDIT_PIECE;
}

static inline uint32_t dioaudit_piece_end(uint32_t piece) {
    return dioaudit_piece_begin(piece + 1);
}

static inline uint32_t dioaudit_site_bytes(uint32_t capacity) {
    return (uint32_t)sizeof(struct dioaudit_site) + capacity * (uint32_t)sizeof(uint64_t);
}

// In a copy of an arena and of the room behind it.
static inline const struct dioaudit_site *dioaudit_site_at(const struct dioaudit_arena *arena, uint32_t offset) {
    const unsigned char *grown = (const unsigned char *)(arena + 1);
    return (const void *)(offset < DIOAUDIT_POOL ? (const unsigned char *)arena->pool + offset
                                                 : grown + (offset - DIOAUDIT_POOL));
}

static inline const struct dioaudit_thread *dioaudit_thread_at(const struct dioaudit_arena *arena, uint32_t i) {
    return &arena->threads[i].thread;
}

static inline struct dioaudit_cell dioaudit_thread_cell(const struct dioaudit_thread *thread, uint32_t phase,
                                                        uint32_t cell) {
    return thread->cells[phase][cell];
}

static inline uint64_t dioaudit_thread_last_transfer(const struct dioaudit_thread *thread, uint32_t event) {
    return thread->last_transfer[event];
}

static inline uint64_t dioaudit_thread_straddling(const struct dioaudit_thread *thread, uint32_t event) {
    return thread->straddling[event];
}

static inline struct dioaudit_faults dioaudit_process_phase_faults(const struct dioaudit_process *process,
                                                                   uint32_t phase) {
    return process->phase_faults[phase];
}

static inline uint64_t dioaudit_bytes_of(const struct dioaudit_bytes *bytes, uint32_t direction) {
    return bytes->bytes[direction];
}

static inline uint32_t dioaudit_process_ring_mappings(const struct dioaudit_process *process) {
    return process->ring_mappings[DIOAUDIT_RING_AIO] + process->ring_mappings[DIOAUDIT_RING_URING];
}

// Whether a ring may be none that libaio or liburing made: one of theirs has one mapping, or two.
static inline int dioaudit_process_has_unknown_rings(const struct dioaudit_process *process) {
    return process->ring_mappings[DIOAUDIT_RING_AIO] > process->rings_made[DIOAUDIT_RING_AIO] ||
           process->ring_mappings[DIOAUDIT_RING_URING] > 2 * process->rings_made[DIOAUDIT_RING_URING];
}

static inline uint64_t dioaudit_process_phase_nanoseconds(const struct dioaudit_process *process, uint32_t phase) {
    return process->phase_nanoseconds[phase];
}

static inline uint64_t dioaudit_site_address(const struct dioaudit_site *site, uint32_t frame) {
    return site->frames[frame] & ((UINT64_C(1) << DIOAUDIT_ADDRESS_BITS) - 1);
}

static inline uint8_t dioaudit_site_module(const struct dioaudit_site *site, uint32_t frame) {
    return (uint8_t)(site->frames[frame] >> DIOAUDIT_ADDRESS_BITS);
}

#endif
