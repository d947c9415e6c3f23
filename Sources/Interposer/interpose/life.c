// The beginning and end of a process, its threads, and jumps across frames.
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <threads.h>
#include <ucontext.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/system.h"
#include "../life/attach.h"
#include "../phases/phases.h"
#include "../phases/threads.h"
#include "../state/context.h"
#include "../state/faults.h"
#include "../state/identity.h"
#include "../state/ledger.h"
#include "../state/ledger_socket.h"
#include "../tables/modules.h"
#include "../tables/next.h"
#include "../tables/stack.h"
#include "../rules.h"

// MARK: beginning

// TRAP: a forked child has its parent's memory but no counts of its own. It attaches at once, so that a child that never
// allocates is seen, too. By a pthread_atfork handler, since libc (daemon) forks by an internal name. Fixture: daemonises.c
static void begin_child(void) {
    int saved = errno;
    if (is_attached()) process.may_lock_heap = 1;  // libc's fork has taken the heap's locks
    errno = saved;
}

static void go_on_after_fork(void) {
    int saved = errno;
    if (process.phase) ledger_after_fork();
    errno = saved;
}

// Functions that the program defines itself are not counted. Its file need not show them.
static void look_for_taken(const char *names) {
    for (const char *name = names; *name; name += strlen(name) + 1)
        if (!next_is_ours(name) && process.record->taken++ == 0) strncpy(ledger->header.taken_name, name, DIOAUDIT_FUNCTION - 1);
}

// TRAP: Valgrind replaces every malloc and free, ours too. This tries free(NULL), since a malloc would begin the subject's
// heap. Test: BlindSpotTests, Valgrind
static void look_for_replaced_functions(void) {
    void (*volatile drop)(void *) = free;
    context.passed_over = 0;
    drop(NULL);
    process.record->replaced = context.passed_over == 0;
}

// Runs before main and after the constructors of most of the subject's libraries: earlier counts are adopted.
__attribute__((constructor(101))) static void begin(void) {
    int saved = errno;
    next_resolve();
    clock_find();
    if (is_attached()) {
        stack_warm();
        modules_note_all();
        process.may_lock_heap = 1;
        context_suspend();  // registering a handler allocates on our behalf
        pthread_atfork(NULL, go_on_after_fork, begin_child);
        look_for_taken(next_heap_names);
        look_for_taken(next_other_names);
        look_for_replaced_functions();
        context_resume();
    }
    errno = saved;
}

static main_function *program_main;

// mlockall does not survive exec, so only the new image can call it. Counting is suspended: the call is not the subject's.
static void lock_if_asked(void) {
    if (!ledger || !process.phase || !ledger->config.lock_at_start) return;
    int saved = errno;
    context_suspend();
    mlockall(MCL_CURRENT | MCL_FUTURE);
    context_resume();
    errno = saved;
}

static void begin_exit(void) {
    if (is_attached()) phases_exit();
}

// TRAP: when main returns, libc calls exit by its internal name. So the end of main is seen here.
static int run_main(int argc, char **argv, char **environment) {
    lock_if_asked();
    int status = program_main(argc, argv, environment);
    begin_exit();
    return status;
}

INTERPOSED int __libc_start_main(main_function *program, int argc, char **argv, plain_function *init,
                                 plain_function *fini, plain_function *linker_fini, void *stack_end) {
    program_main = program;
    return next.__libc_start_main(run_main, argc, argv, init, fini, linker_fini, stack_end);
}

// MARK: end

__attribute__((destructor(101))) static void end(void) {
    if (is_attached()) phases_goodbye();
}

INTERPOSED void exit(int status) {
    begin_exit();
    next.exit(status);
    __builtin_unreachable();
}

INTERPOSED void quick_exit(int status) {
    begin_exit();
    next.quick_exit(status);
    __builtin_unreachable();
}

// TRAP: a vfork child whose exec failed calls _exit in its parent's memory. Fixture: vforks-and-execs.c
INTERPOSED void _exit(int status) {
    if (process.phase) phases_goodbye();
    next._exit(status);
    __builtin_unreachable();
}

// MARK: threads

// The function that a new thread runs, from pthread_create until it runs: nothing may be allocated for it. A place is released
// by a release store to `taken` after it has been read, and claimed by acquire.
static struct starting {
    uint32_t taken;
    union thread_function {
        void *(*posix)(void *);
        thrd_start_t c11;
    } start;
    void *argument;
} starting[64];

static struct starting take_start(struct starting *slot) {
    struct starting copy = *slot;
    __atomic_store_n(&slot->taken, 0, __ATOMIC_RELEASE);
    return copy;
}

static void note_end(void *nothing) {
    (void)nothing;
    int saved = errno;
    if (process.phase) threads_note_end();
    errno = saved;
}

// TRAP: a thread may end by pthread_exit or be cancelled. Fixture: scope-of-ended-threads.c
#define RUN(result, call)                                \
    struct starting its = take_start(data);              \
    result ended;                                        \
    pthread_cleanup_push(note_end, NULL);                \
    ended = call;                                        \
    pthread_cleanup_pop(1);                              \
    return ended

static void *run_thread(void *data) {
    RUN(void *, its.start.posix(its.argument));
}

static int run_c11_thread(void *data) {
    RUN(int, its.start.c11(its.argument));
}

// Null if only the process as a whole is judged, or if too many threads are being started at once: then the thread's end will not
// be seen.
static struct starting *prepare_thread(union thread_function start, void *argument) {
    if (!process.phase || ledger->config.scope == DIOAUDIT_SCOPE_PROCESS) return NULL;
    for (size_t i = 0; i < sizeof(starting) / sizeof(starting[0]); i++) {
        uint32_t taken = 0;
        if (!__atomic_compare_exchange_n(&starting[i].taken, &taken, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            continue;
        starting[i].start = start;
        starting[i].argument = argument;
        return &starting[i];
    }
    return NULL;
}

static int note_created(struct starting *slot, int result) {
    if (result != 0 && slot) __atomic_store_n(&slot->taken, 0, __ATOMIC_RELEASE);
    if (result == 0 && process.phase) __atomic_fetch_add(&process.record->threads_created, 1, __ATOMIC_RELAXED);
    return result;
}

INTERPOSED int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                              void *argument) {
    struct starting *slot = prepare_thread((union thread_function){.posix = start}, argument);
    return note_created(slot, slot ? next.pthread_create(thread, attributes, run_thread, slot)
                                   : next.pthread_create(thread, attributes, start, argument));
}

// TRAP: libc's calls pthread_create by an internal name. Fixture: c11-threads.c
INTERPOSED int thrd_create(thrd_t *thread, thrd_start_t start, void *argument) {
    struct starting *slot = prepare_thread((union thread_function){.c11 = start}, argument);
    return note_created(slot, slot ? next.thrd_create(thread, run_c11_thread, slot)
                                   : next.thrd_create(thread, start, argument));
}

__attribute__((used)) static void expect_child(void) {
    if (is_attached()) __atomic_fetch_add(&process.record->vforks, 1, __ATOMIC_RELAXED);
    if (process.phase && process_is_ours()) faults_await_child();
}

// TRAP: a child that does not come to be must not stand for one that the instruction itself makes. Fixture: vforks-in-vain.c
__attribute__((used)) static pid_t expect_no_child(long error) {
    if (process.phase) __atomic_fetch_sub(&process.record->vforks, 1, __ATOMIC_RELAXED);
    if (process.phase && process_is_ours()) faults_await_no_child();
    errno = (int)-error;
    return -1;
}

// Fixture: vfork-child-faults.c
INTERPOSED __attribute__((naked)) pid_t vfork(void) {
    ARCHITECTURE_VFORK(expect_child, expect_no_child);
}

// A child that shares the memory faults pages of its parent's in, which the kernel counts as the
// child's. Fixture: clone-child-faults.c
INTERPOSED int clone(int (*start)(void *), void *stack, int flags, void *argument, ...) {
    if (flags & CLONE_NEWNET) ledger_socket_keep();
    bool shares = (flags & CLONE_VM) && !(flags & CLONE_THREAD);
    if (shares && is_attached()) __atomic_fetch_add(&process.record->memory_sharers, 1, __ATOMIC_RELAXED);
    va_list rest;
    va_start(rest, argument);
    int result = next_clone(start, stack, flags, argument, rest);
    va_end(rest);
    return result;
}

INTERPOSED int setns(int fd, int kinds) {
    if (kinds == 0 || (kinds & CLONE_NEWNET)) ledger_socket_keep();
    return next.setns(fd, kinds);
}

// MARK: jumps

// TRAP: a signal handler may leave the transfer that it interrupted by longjmp. Fixture: longjmp-out-of-handler.c
static void abandon(void) {
    context_leave_transfer();
    context_leave_own_work();
    // TRAP: an atexit handler may do so, and the program continues. Fixture: leaves-exit.c
    if (unlikely(process.exits)) __atomic_fetch_add(&process.record->jumps_in_exit, 1, __ATOMIC_RELAXED);
}

#define JUMP(name)                                                    \
    INTERPOSED void name(struct __jmp_buf_tag *target, int value) {   \
        abandon();                                                    \
        next.name(target, value);                                     \
        __builtin_unreachable();                                      \
    }
JUMP(longjmp)
JUMP(_longjmp)
JUMP(siglongjmp)
JUMP(__longjmp_chk)
#undef JUMP

// TRAP: they save the caller's frame, or return twice into it, so each must be a jump. Fixture: swaps-out-of-handler.c
INTERPOSED int setcontext(const ucontext_t *target) {
    abandon();
    __attribute__((musttail)) return next.setcontext(target);
}

INTERPOSED int swapcontext(ucontext_t *left, const ucontext_t *target) {
    abandon();
    __attribute__((musttail)) return next.swapcontext(left, target);
}

// Other code may be mapped where the library's was.
INTERPOSED int dlclose(void *handle) {
    int result = next.dlclose(handle);
    stack_forget();
    return result;
}

ALIASES_OF_LIFE(ALIAS)
