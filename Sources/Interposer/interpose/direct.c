// System calls by number, through libc's syscall, which bypass the counted functions. They are not counted as events, but how
// many there were is recorded: the host gives no pass unless the syscalls witness saw them. A system call by the instruction
// itself is not seen here.
#include <fcntl.h>
#include <linux/sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../base/system.h"
#include "../events/counting.h"
#include "../events/files.h"
#include "../life/attach.h"
#include "../state/context.h"
#include "../tables/next.h"
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

static bool makes_direct(long number, long command, long flags) {
    return number == SYS_fcntl && command == F_SETFL && (flags & O_DIRECT);
}

static bool transfers_or_execs(long number, long first) {
    switch (number) {
        case SYS_read: case SYS_write: case SYS_pread64: case SYS_pwrite64: case SYS_readv: case SYS_writev:
        case SYS_preadv: case SYS_pwritev: case SYS_preadv2: case SYS_pwritev2:
            return files_find((int)first) != NULL;
        case SYS_io_submit: case SYS_io_uring_enter:
            return context.ordinal == 0;  // libaio calls syscall inside io_submit, which was counted
        case SYS_execve: case SYS_execveat: return true;
        default: return false;
    }
}

// A child that shares the memory and is no thread.
static bool makes_sharer(long number, long first) {
    uint64_t flags = 0;
    if (number == SYS_clone) flags = (uint64_t)first;
    if (number == SYS_clone3 && system_can_read((uintptr_t)first)) flags = ((const struct clone_args *)first)->flags;
    return (flags & CLONE_VM) && !(flags & CLONE_THREAD);
}

static void note(long number, long a, long b, long c) {
    if (maps(number)) add_shared(&process.record->direct_mappings, 1);
    if (remaps_or_unlocks(number)) add_shared(&process.record->direct_remappings, 1);
    if (transfers_or_execs(number, a) || makes_direct(number, b, c)) add_shared(&process.record->direct_calls, 1);
    if (makes_sharer(number, a)) __atomic_fetch_add(&process.record->memory_sharers, 1, __ATOMIC_RELAXED);
}

// TRAP: a child by clone returns from here, too, on a stack of its own that has no frame of ours. So this is a jump, and all
// arguments are passed on, as libc does: the kernel ignores those that were not given. Fixture: clones-by-number.c
INTERPOSED long by_number(long number, long a, long b, long c, long d, long e, long f) __asm__("syscall");

long by_number(long number, long a, long b, long c, long d, long e, long f) {
    if (is_attached()) note(number, a, b, c);
    __attribute__((musttail)) return next.syscall(number, a, b, c, d, e, f);
}
