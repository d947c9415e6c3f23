// What the host needs of Linux that Swift cannot reach: each function says which limit forces it here. What is tried
// of the kernel, for the doctor, is in clinux_probes.h.
#ifndef CLINUX_HOST_H
#define CLINUX_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// Writes one aligned block at the file's start: open(2) alone does not tell whether O_DIRECT works. False with errno set.
bool cl_write_block(int fd, uint32_t bytes);

// memfd_create(2), close-on-exec: Swift's Glibc module leaves out what needs _GNU_SOURCE. -1 with errno set.
int cl_memfd(const char *name);

// ftruncate(2) that fails with EFBIG beyond RLIMIT_FSIZE instead of ending the process by SIGXFSZ; the soft limit is lifted
// meanwhile. Signal handlers are unions that Swift does not import.
bool cl_resize(int fd, uint64_t bytes);

// open(2) for reading and writing with O_DIRECT, which needs _GNU_SOURCE too; creates the file. -1 with errno set.
int cl_open_direct(const char *path);

// Blocks the signals that end a program from outside, and SIGCHLD, so that cl_wait can wait for them.
// Must come before the child is started, or its end could go by unnoticed.
void cl_block_signals(void);

// Ends that: what is still pending then takes its usual way.
void cl_unblock_signals(void);

// How the child is watched from before it becomes the program: see clinux_seccomp.h.
enum cl_watch {
    CL_WATCH_FROM_OUTSIDE,  // so that perf can be told of it
    CL_WATCH_SECCOMP,       // it installs the filter itself
};

struct cl_child {
    pid_t pid;
    int failure;   // readable when it is known whether it could become the program: then ask cl_started
    int talk;
    int listener;  // of seccomp's notifications; -1 if there is none
};

// Starts a program, which waits for cl_go; its signal mask is the one from before cl_block_signals. Not posix_spawn(3), which
// can neither tie the child's life to ours (PR_SET_PDEATHSIG, so that a killed dioaudit leaves nothing behind) nor say what
// exactly failed; and fork(2) is unavailable in Swift.
// `out` and `err` replace its standard output and error unless they are -1.
// False with errno set if there is no child.
bool cl_spawn(char *const *arguments, char *const *environment, int out, int err, enum cl_watch watch,
              struct cl_child *child);

// Lets the child become the program.
void cl_go(const struct cl_child *child);

// Whether a descriptor has something to read now, or its end (poll(2), here beside the other waiting).
bool cl_can_be_read(int descriptor);

// pidfd_open(2): readable once the process has ended. Glibc's module leaves it out. -1 with errno set.
int cl_pidfd(pid_t pid);

// Waits until the child has become the program: 0, or execvpe(3)'s errno if it could not; then it has been reaped.
int cl_started(struct cl_child *child);

enum cl_source {
    CL_FROM_TIMEOUT,     // nothing came in time
    CL_FROM_CHILD,       // SIGCHLD: it ended, stopped or went on
    CL_FROM_GROUP,       // a signal that the child has too: the terminal's, or one of its own processes sent it to the group
    CL_FROM_PROCESS,     // a signal by kill(2): it came to us alone
    CL_FROM_DESCRIPTOR,  // one of `descriptors` can be read
};

// Waits for one of the blocked signals, or for a descriptor; `timeout` in nanoseconds, negative for ever. The siginfo_t
// keeps the source in macros and unions that Swift does not import.
enum cl_source cl_wait(int64_t timeout, const int *descriptors, int count, int *signal);

// A listening socket in the abstract namespace (unix(7)), at which a process whose privileges do not allow it to open our /proc
// entry asks for the ledger. -1 with errno set.
int cl_ledger_socket(const char *name);

// Sends the descriptor to each process that has connected and descends from us.
void cl_answer_ledger_socket(int listener, int descriptor);

// A word of shared memory that others change (C's atomics are not for Swift).
uint32_t cl_word(const uint32_t *word);

// Changes it if it is `from`, and wakes whoever waits for that (futex(2), which has no wrapper).
void cl_change_word(uint32_t *word, uint32_t from, uint32_t to);

struct cl_exit {
    int32_t code;    // -1 if a signal ended it
    int32_t signal;  // 0 if none did
};

// Reaps the child if it has ended (wait4(2), WNOHANG); the status macros are not for Swift. False while it runs.
bool cl_reap(pid_t pid, struct cl_exit *exit);

// Whether processes that the child started are still there. Those whose own parent has ended are ours since cl_spawn
// (PR_SET_CHILD_SUBREAPER), so that none can go on unseen; the ended ones are reaped.
bool cl_descendants_run(void);

// tracefs where it is mounted; else a mount of our own that nobody else sees and that ends with the descriptor (fsmount(2)),
// for which it takes root. A directory, or -1 with errno set.
int cl_open_tracefs(void);

struct cl_symbol {
    uint64_t address;    // asked for
    uint64_t start;      // of the function that holds it; 0: not known
    char name[128];
    char module[64];     // empty: the kernel itself
};

// Names addresses of the kernel by /proc/kallsyms; they must be in rising order. False with errno set if it cannot be read;
// EPERM if it shows this process no addresses (kernel.kptr_restrict).
bool cl_name_symbols(struct cl_symbol *symbols, uint32_t count);

// Whether an open file carries capabilities (capabilities(7), setcap(8)): Swift's Glibc module has no sys/xattr.h.
bool cl_has_capabilities(int fd);

// Which of the texts, each of 8 bytes at the least, stands first in the bytes: its index, or -1. They are looked for together,
// since a program may have 100 MB (Wu and Manber, "A fast algorithm for multi-pattern searching", 1994).
int cl_first_text(const void *bytes, size_t length, const char *const *texts, int count);

// The type of the file system that holds a directory is tmpfs or ramfs (statfs(2)): nothing there is direct.
bool cl_is_memory_backed(const char *directory);

// The number of the device that it lies on, which file systems of several devices make up.
bool cl_device_holding(const char *path, unsigned *device_major, unsigned *device_minor);

// Demangles a C++ name by the Itanium ABI; free the result. Null if it is none, or if no C++ runtime is loaded.
// Found by dlsym, since neither Swift's modules nor the package name that runtime to the linker.
char *cl_demangle_cxx(const char *name);

// The Swift runtime's own demangler: in every Swift program, declared in none of its modules. Free the result.
char *swift_demangle(const char *name, size_t length, char *buffer, size_t *buffer_length, uint32_t flags);

#endif
