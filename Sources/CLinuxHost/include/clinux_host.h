// Linux functions that the host needs and Swift cannot reach: each comment gives the reason. The doctor's probes of the kernel
// are in clinux_probes.h.
//
// A function that can fail returns the negative of its errno then, so that no later call changes it. Else it returns 0 or more.
#ifndef CLINUX_HOST_H
#define CLINUX_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Writes one aligned block at the file's start: open(2) may succeed where O_DIRECT does not work.
int cl_write_block(int fd, uint32_t bytes);

// memfd_create(2), close-on-exec: Swift's Glibc module leaves out what needs _GNU_SOURCE.
int cl_memfd(const char *name);

// F_ADD_SEALS of fcntl(2): nobody can change the size of a memfd any more, or seal it against writing.
int cl_seal_size(int fd);

// ftruncate(2) that fails with EFBIG beyond RLIMIT_FSIZE instead of ending the process by SIGXFSZ; the soft limit is lifted
// meanwhile. Signal handlers are unions that Swift does not import.
int cl_resize(int fd, uint64_t bytes);

// open(2) for reading and writing with O_DIRECT, which needs _GNU_SOURCE too; creates the file.
int cl_open_direct(const char *path);

// A new file in a directory without a name (O_TMPFILE, which needs _GNU_SOURCE): whoever ends us, nothing is left. -EOPNOTSUPP where
// the file system has no such files. `path` is relative to `directory`, as of openat(2).
int cl_nameless(int directory, const char *path, int flags, mode_t mode);

// Opens a directory's own subdirectory: neither a link nor what is mounted there (openat2(2), where the kernel has it).
int cl_open_subdirectory(int directory, const char *name);

// A new file below a directory for a try of O_DIRECT: without a name (O_TMPFILE), or where the file system has no such files, with
// `name` for as long as the call takes.
int cl_direct_probe(int directory, const char *name);

// Blocks SIGCHLD and the signals that come from outside, so that cl_wait can wait for them. Call it before the child
// is started, or the child's end could be missed.
void cl_block_signals(void);

// Ignores SIGXFSZ, for ourselves and not for the programs that we start: a file beyond RLIMIT_FSIZE is an error (EFBIG) then.
void cl_ignore_file_limit(void);

// Whether we were started with the signal ignored: then cl_wait does not wait for it.
bool cl_is_ignored(int number);

// Unblocks them: pending signals then have their usual effect.
void cl_unblock_signals(void);

// How the child is watched from before it execs the program.
enum cl_watch {
    CL_WATCH_FROM_OUTSIDE,  // by perf or BPF programs, which the host opens before cl_go
    CL_WATCH_SECCOMP,       // by a filter that the child installs itself: clinux_seccomp.h
};

struct cl_child {
    pid_t pid;
    int failure;   // readable when exec has succeeded or failed: then call cl_started
    int talk;
    int listener;  // of seccomp's notifications; -1 if there is none
};

// Forks a child that waits for cl_go and then execs the program; its signal mask is the one from before cl_block_signals. Not
// posix_spawn(3), which can neither kill the child when dioaudit is killed (PR_SET_PDEATHSIG) nor report which call failed;
// and fork(2) is unavailable in Swift.
// `out` and `err` replace its standard output and error unless they are -1; `directory` is where it runs, unless that is null.
int cl_spawn(char *const *arguments, char *const *environment, const char *directory, int out, int err, enum cl_watch watch,
             struct cl_child *child);

// Lets the child exec the program.
void cl_go(const struct cl_child *child);

// Whether a descriptor has data or end of file to read now (poll(2)).
bool cl_can_be_read(int descriptor);

// pidfd_open(2): readable once the process has ended. Glibc's module leaves it out.
int cl_pidfd(pid_t pid);

// Whether two threads have the same memory (kcmp(2)): 1 or 0, or a negative errno. A kernel thread and one that has ended have none.
int cl_share_memory(pid_t one, pid_t other);

// Waits until the child has execed the program. If execvpe(3) failed, the child has been reaped.
int cl_started(struct cl_child *child);

enum cl_source {
    CL_FROM_TIMEOUT,     // the time is over
    CL_FROM_CHILD,       // SIGCHLD: the child ended, stopped or continued
    CL_FROM_SIGNAL,      // another signal
    CL_FROM_DESCRIPTOR,  // one of `descriptors` can be read
};

struct cl_signal {
    int32_t number;
    bool ends;           // SIGINT, SIGTERM, SIGHUP, SIGQUIT: who sends one means us, too
    bool reached_child;  // the child got it, too: from the terminal, or from one of its own processes to the group
    bool is_queued;      // by sigqueue(3), with `value`
    uint64_t value;
};

// Sends the process a signal that came for us, as it came.
void cl_pass_on(const struct cl_signal *signal, pid_t pid);

// Waits for one of the blocked signals, or for a descriptor; `timeout` in nanoseconds, negative for ever. The siginfo_t
// keeps the source in macros and unions that Swift does not import.
enum cl_source cl_wait(int64_t timeout, const int *descriptors, int count, struct cl_signal *signal);

// A socket in the abstract namespace (unix(7)) that receives questions: datagrams, each with a descriptor to which the answer goes.
int cl_question_socket(const char *name);

enum { CL_QUESTION_BYTES = 64 };

// A question, and who asked.
struct cl_question {
    pid_t pid;          // as we know it (SCM_CREDENTIALS); 0 if it is none of our descendants
    int back;           // for the answer, by a call below; -1 if there is none
    uint32_t length;
    unsigned char bytes[CL_QUESTION_BYTES];
};

// The next question. False if there is none.
bool cl_next_question(int socket, struct cl_question *question);

// Answers with bytes and, unless it is negative, a descriptor; then closes `back`. Does not wait. 0 bytes are no answer.
void cl_answer_question(const struct cl_question *question, const void *bytes, size_t length, int descriptor);

// Loads a word of shared memory that another process changes, by acquire (Swift cannot use C's atomics).
uint32_t cl_word(const uint32_t *word);

// Changes the word if it is `from`, and wakes the threads that wait for that (futex(2), which has no wrapper).
void cl_change_word(uint32_t *word, uint32_t from, uint32_t to);

struct cl_exit {
    int32_t code;    // -1 if a signal ended it
    int32_t signal;  // 0 if none did
};

// Reaps the child if it has ended (waitpid(2), WNOHANG; Swift does not import the status macros). False while it runs.
bool cl_reap(pid_t pid, struct cl_exit *exit);

// Whether processes that the child started still run. A process whose own parent has ended is our child since cl_spawn
// (PR_SET_CHILD_SUBREAPER), so none can run on unseen. Reaps those that have ended.
bool cl_descendants_run(void);

// Opens tracefs where it is mounted. Else makes a detached mount of it (fsmount(2)), which no other process sees, which ends
// with the descriptor, and which needs root. Returns a directory.
int cl_open_tracefs(void);

struct cl_symbol {
    uint64_t address;    // asked for
    uint64_t start;      // of the function that holds it; 0: not known
    char name[128];
    char module[64];     // empty: the kernel itself
};

// Names kernel addresses by /proc/kallsyms; they must be in rising order. False if it cannot be read, or hides
// addresses from this process (kernel.kptr_restrict).
bool cl_name_symbols(struct cl_symbol *symbols, uint32_t count);

// Whether an open file carries capabilities (capabilities(7), setcap(8)): Swift's Glibc module has no sys/xattr.h.
bool cl_has_capabilities(int fd);

// The index of the text that occurs first in the bytes, or -1. Each text has at least 8 bytes. Searches for all at once, since
// a program may have 100 MB (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994).
int cl_first_text(const void *bytes, size_t length, const char *const *texts, int count);

// The separate debug file with this build id (hexadecimal) from the servers of DEBUGINFOD_URLS or from their cache, until a time of
// CLOCK_MONOTONIC (debuginfod_find_debuginfo(3)). The library is found by dlopen, as libdw finds it.
int cl_find_debuginfo(const char *build_id, uint64_t deadline);

// The checksum that .gnu_debuglink has of its file (CRC-32 of IEEE 802.3). Here because Swift without optimisation takes twenty
// times as long.
uint32_t cl_crc32(const void *bytes, size_t length);

// Whether the file system that holds a directory is tmpfs or ramfs (statfs(2)): neither does direct I/O.
bool cl_is_memory_backed(int directory);

// The number of the device that holds a path. A file system of several devices reports a number of its own making.
bool cl_device_holding(const char *path, unsigned *device_major, unsigned *device_minor);

// Demangles a C++ name of the Itanium ABI; free the result. Null if it is no such name, or if no C++ runtime is loaded.
// Found by dlsym, since neither Swift's modules nor the package name that runtime to the linker.
char *cl_demangle_cxx(const char *name);

// The Swift runtime's own demangler: in every Swift program, declared in none of its modules. Free the result.
char *swift_demangle(const char *name, size_t length, char *buffer, size_t *buffer_length, uint32_t flags);

#endif
