// System calls by number, through libc's syscall, which bypass the counted functions. They are not counted as events, but how
// many there were is recorded: the host gives no pass unless the syscalls witness saw them. A system call by the instruction
// itself is not seen here.
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../base/system.h"
#include "../events/counting.h"
#include "../events/files.h"
#include "../events/rings.h"
#include "../life/attach.h"
#include "../phases/accounting.h"
#include "../phases/memory.h"
#include "../state/context.h"
#include "../state/ledger_socket.h"
#include "../tables/next.h"
#include "asynchronous.h"
#include "../rules.h"

static bool is_between_setup_and_exit(void) {
    uint32_t phase = event_phase();
    return phase != DIOAUDIT_PHASE_SETUP && phase != DIOAUDIT_PHASE_EXIT;
}

static bool maps(long number) {
    return (number == SYS_mmap || number == SYS_brk || number == SYS_io_setup) && is_between_setup_and_exit();
}

static bool remaps_or_unlocks(long number) {
    switch (number) {
        case SYS_munmap: case SYS_mremap: case SYS_remap_file_pages: case SYS_shmat: case SYS_munlock:
            return is_between_setup_and_exit();
        case SYS_munlockall: case SYS_mlockall: return true;  // they decide about all later mappings
        default: return false;
    }
}

// A bit for each direction in which a call moves data, of those that /proc/PID/io counts.
static unsigned moves(long number) {
    enum { READS = 1 << DIRECTION_READ, WRITES = 1 << DIRECTION_WRITE };
    switch (number) {
        case SYS_read: case SYS_pread64: case SYS_readv: case SYS_preadv: case SYS_preadv2: return READS;
        case SYS_write: case SYS_pwrite64: case SYS_writev: case SYS_pwritev: case SYS_pwritev2: return WRITES;
        case SYS_sendfile: case SYS_copy_file_range: return READS | WRITES;
        default: return 0;
    }
}

static bool transfers_or_execs(long number, const long *a) {
    switch (number) {
        case SYS_sendfile: case SYS_splice: case SYS_copy_file_range: return true;
        case SYS_io_submit: return context.ordinal == 0;  // libaio calls syscall inside io_submit, which was counted
        case SYS_io_uring_enter: return asynchronous_submits_unseen((unsigned)a[1], (unsigned)a[3]);
        case SYS_execve: case SYS_execveat: return true;
        default: return moves(number) && files_find((int)a[0]);
    }
}

static uint64_t clone_flags(long number, long first) {
    if (number == SYS_clone) return (uint64_t)first;
    bool can_be_read = number == SYS_clone3 && system_can_read((uintptr_t)first);
    return can_be_read ? ((const struct clone_args *)first)->flags : 0;
}

// A child that shares the memory and is no thread.
static bool makes_sharer(long number, long first) {
#ifdef SYS_vfork
    if (number == SYS_vfork) return true;
#endif
    uint64_t flags = clone_flags(number, first);
    return (flags & CLONE_VM) && !(flags & CLONE_THREAD);
}

static bool leaves_network(long number, const long *a) {
    if (number == SYS_unshare) return a[0] & CLONE_NEWNET;
    if (number == SYS_setns) return a[1] == 0 || (a[1] & CLONE_NEWNET);
    return clone_flags(number, a[0]) & CLONE_NEWNET;
}

// As madvise and process_madvise.
static void note_advice(long number, const long *a) {
    int advice = (int)a[number == SYS_madvise ? 2 : 3];
    if (advice == MADV_COLLAPSE) count_more(DIOAUDIT_COLLAPSE);
    if (number == SYS_process_madvise && !memory_is_only_marked(advice)) memory_lost_sight();
}

static void note(long number, const long *a) {
    if (number == SYS_madvise || number == SYS_process_madvise) note_advice(number, a);
    if (maps(number)) add_shared(&process.record->direct_mappings, 1);
    if (remaps_or_unlocks(number)) add_shared(&process.record->direct_remappings, 1);
    if (transfers_or_execs(number, a)) add_shared(&process.record->direct_calls, 1);
    if (leaves_network(number, a)) ledger_socket_keep();
    if (makes_sharer(number, a[0])) __atomic_fetch_add(&process.record->memory_sharers, 1, __ATOMIC_RELAXED);
}

// What is about to be closed, and what has been opened or changed: as of the functions of the same names (files.c).
static void before_descriptors_change(long number, long first) {
    if (number == SYS_close) files_closed((int)first);
}

static void note_called(long number, long result) {
    for (enum direction direction = 0; direction < DIRECTIONS; direction++)
        if (moves(number) >> direction & 1) accounting_called(direction, result);
}

static bool takes_pages(long number, const long *a) {
    return number == SYS_munmap || (number == SYS_madvise && !memory_is_only_marked((int)a[2]));
}

// Calls after which something is to be noted: none of them is one that a child returns from, too.
static bool is_noted_after(long number, const long *a) {
    switch (number) {
        case SYS_openat:
#ifdef SYS_open
        case SYS_open: case SYS_dup2:
#endif
        case SYS_openat2: case SYS_dup: case SYS_dup3: case SYS_close_range: case SYS_unshare: case SYS_fcntl:
        case SYS_io_uring_register:
            return true;
        default: return takes_pages(number, a) || moves(number) != 0;
    }
}

static void after_descriptors_changed(long number, const long *a, long result) {
    switch (number) {
        case SYS_openat: files_opened((int)result, a[2] & O_DIRECT); break;
#ifdef SYS_open
        case SYS_open: files_opened((int)result, a[1] & O_DIRECT); break;
        case SYS_dup2: files_duplicated((int)a[0], (int)result); break;
#endif
        case SYS_openat2: files_opened((int)result, true); break;  // its flags are in memory: the file itself says it
        case SYS_dup: case SYS_dup3: files_duplicated((int)a[0], (int)result); break;
        case SYS_close_range:
            if (!(a[2] & CLOSE_RANGE_CLOEXEC)) files_closed_range((unsigned)a[0], (unsigned)a[1]);
            break;
        case SYS_unshare:
            if (a[0] & CLONE_FILES) files_unshared();
            break;
        case SYS_fcntl:
            if (a[1] == F_SETFL && files_flags_changed((int)a[0])) rings_doubt_others();
            if (a[1] == F_DUPFD || a[1] == F_DUPFD_CLOEXEC) files_duplicated((int)a[0], (int)result);
            break;
        case SYS_io_uring_register:
            asynchronous_registered((int)a[0], (unsigned)a[1], (const void *)a[2], (unsigned)a[3], (int)result);
            break;
        default: break;
    }
}

static long note_after(long number, const long *a) {
    const void *range = (const void *)a[0];
    struct memory_pages before = {0}, after = {0};
    if (takes_pages(number, a)) before = memory_in(range, (size_t)a[1]);
    long result = next.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    int saved = errno;
    if (takes_pages(number, a)) after = memory_in(range, (size_t)a[1]);
    memory_gave_back(before, after);
    note_called(number, result);
    if (result >= 0) after_descriptors_changed(number, a, result);
    errno = saved;
    return result;
}

static bool note_before(long number, const long *a) {
    if (!is_attached()) return false;
    note(number, a);
    before_descriptors_change(number, a[0]);
    return is_noted_after(number, a);
}

// TRAP: a child by clone returns from here, too, on a stack of its own that has no frame of ours. So this is a jump, and all
// arguments are passed on, as libc does: the kernel ignores those that were not given. Fixture: clones-by-number.c
INTERPOSED long by_number(long number, long a, long b, long c, long d, long e, long f) __asm__("syscall");

static __attribute__((noinline)) bool must_return_here(long number, long a, long b, long c, long d) {
    return note_before(number, (const long[]){a, b, c, d});
}

static __attribute__((noinline)) long make(long number, long a, long b, long c, long d, long e, long f) {
    long all[] = {a, b, c, d, e, f};
    return note_after(number, all);
}

long by_number(long number, long a, long b, long c, long d, long e, long f) {
    if (must_return_here(number, a, b, c, d)) return make(number, a, b, c, d, e, f);
    __attribute__((musttail)) return next.syscall(number, a, b, c, d, e, f);
}
