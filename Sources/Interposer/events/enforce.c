#include "enforce.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "../base/objects.h"
#include "../base/system.h"
#include "../state/context.h"
#include "../state/identity.h"
#include "../state/ledger.h"
#include "../tables/stack.h"
#include "../rules.h"

// A scope by thread name has already decided by the phase (scope.c).
static bool is_judged(void) {
    if (ledger->config.scope != DIOAUDIT_SCOPE_IO_THREADS) return true;
    return context.ordinal != 0 || (context.rows && context.rows->does_transfers);
}

// MARK: abort

// A line for standard error.
struct text {
    size_t length;
    char bytes[256];
};

static void put(struct text *text, const char *more) {
    size_t length = strlen(more), room = sizeof(text->bytes) - 1 - text->length;
    if (length > room) length = room;
    memcpy(text->bytes + text->length, more, length);
    text->length += length;
}

static void put_number(struct text *text, uint64_t value, unsigned base) {
    char digits[24];
    size_t at = sizeof(digits) - 1;
    digits[at] = 0;
    do digits[--at] = "0123456789abcdef"[value % base];
    while (value /= base);
    put(text, digits + at);
}

static void flush(struct text *text) {
    text->bytes[text->length++] = '\n';
    SYSTEM(SYS_write, STDERR_FILENO, text->bytes, text->length);
    text->length = 0;
}

static void say_frame(struct text *text, uint32_t number, uintptr_t address) {
    const struct link_map *map = objects_find(address);
    const char *path = map && map->l_name && map->l_name[0] ? map->l_name : ledger->header.executable;
    put(text, "    #");
    put_number(text, number, 10);
    put(text, " ");
    put(text, map ? path : "??");
    put(text, "+0x");
    put_number(text, address - (map ? map->l_addr : 0), 16);
    flush(text);
}

static void say(enum dioaudit_event event, uint64_t bytes) {
    struct text text = {0};
    char name[DIOAUDIT_NAME];
    system_thread_name(name);
    put(&text, "dioaudit: stopped at the first violation: ");
    put(&text, dioaudit_event_key(event));
    put(&text, " of ");
    put_number(&text, bytes, 10);
    put(&text, " bytes in the steady phase, thread '");
    put(&text, name);
    put(&text, "', pid ");
    put_number(&text, (uint64_t)process.record->pid, 10);
    flush(&text);
    struct stack stack;
    stack_capture(&stack);
    for (uint32_t frame = 0; frame < stack.depth; frame++) say_frame(&text, frame, stack.addresses[frame]);
}

// Has a buffer of its own: procfile.c's needs the phase-transition lock, which another thread may hold. TracerPid is among the
// first lines (proc_pid_status(5)), and the name before it cannot contain a newline.
static bool is_traced(void) {
    static const char key[] = "\nTracerPid:\t";
    char text[512];
    long fd = SYSTEM(SYS_openat, AT_FDCWD, "/proc/thread-self/status", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    long length = SYSTEM(SYS_read, fd, text, sizeof(text) - 1);
    SYSTEM(SYS_close, fd);
    text[length > 0 ? length : 0] = 0;
    const char *tracer = strstr(text, key);
    return tracer && tracer[sizeof(key) - 1] != '0';
}

// Sends a signal to the calling thread, which takes it at once.
static void take_signal(int signal) {
    uint64_t mask = UINT64_C(1) << (signal - 1);
    SYSTEM(SYS_tgkill, SYSTEM(SYS_getpid), SYSTEM(SYS_gettid), signal);
    SYSTEM(SYS_rt_sigprocmask, SIG_UNBLOCK, &mask, NULL, sizeof(mask));
}

// Ends the process by SIGABRT's default action, whatever the subject has installed.
static void die(void) {
    struct {
        void *handler;
        unsigned long flags;
        void *restorer;
        uint64_t mask;
    } by_default = {0};  // the kernel's struct sigaction
    SYSTEM(SYS_rt_sigaction, SIGABRT, &by_default, NULL, sizeof(by_default.mask));
    take_signal(SIGABRT);
    SYSTEM(SYS_exit_group, 134);
}

// TRAP: a signal handler that allocates on the thread that ends the process would enter here again and wait for itself. One
// that leaves by longjmp would let the process continue. So this thread takes no more signals. Fixture:
// enforce-abort-handler.c
static void stop(enum dioaudit_event event, uint64_t bytes) {
    // A child that shares our memory would end only itself, and `aborted` would make its parent wait for ever.
    if (!process_is_ours()) return;
    system_block_signals(NULL);
    uint32_t running = 0;
    // Other threads may be at a violation, too: one of them prints, the others wait for the end.
    if (!__atomic_compare_exchange_n(&process.record->aborted, &running, 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
        for (;;) SYSTEM(SYS_ppoll, NULL, 0, NULL, NULL);
    say(event, bytes);
    if (is_traced()) take_signal(SIGTRAP);  // a debugger stops here, at the violation's stack
    die();
}

// MARK: both

static bool can_fail(enum dioaudit_event event) {
    switch (event) {
        case DIOAUDIT_EVENT_MALLOC: case DIOAUDIT_EVENT_CALLOC: case DIOAUDIT_EVENT_REALLOC:
        case DIOAUDIT_EVENT_REALLOCARRAY: case DIOAUDIT_EVENT_POSIX_MEMALIGN: case DIOAUDIT_EVENT_ALIGNED_ALLOC:
        case DIOAUDIT_EVENT_MEMALIGN: case DIOAUDIT_EVENT_VALLOC: case DIOAUDIT_EVENT_PVALLOC: case DIOAUDIT_EVENT_MMAP:
        case DIOAUDIT_EVENT_MREMAP: case DIOAUDIT_EVENT_BRK: case DIOAUDIT_EVENT_SBRK:
            return true;
        default: return false;
    }
}

bool enforce(uint32_t phase, enum dioaudit_event event, uint64_t bytes) {
    uint32_t how = ledger->config.enforce;
    // An event while no O_DIRECT file is open may turn out to be teardown's.
    if (likely(how == DIOAUDIT_ENFORCE_REPORT) || phase != DIOAUDIT_PHASE_STEADY || !is_judged()) return true;
    if (how == DIOAUDIT_ENFORCE_ABORT) stop(event, bytes);
    if (!can_fail(event)) return true;
    add_shared(&process.record->denied_calls, 1);
    errno = ENOMEM;
    return false;
}
