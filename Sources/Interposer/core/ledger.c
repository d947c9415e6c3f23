#include "ledger.h"

#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "context.h"
#include "files.h"
#include "following.h"
#include "phases.h"
#include "regions.h"
#include "scope.h"
#include "threads.h"
#include "system.h"
#include "../rules.h"

struct dioaudit_arena *ledger;

static char executable[DIOAUDIT_PATH];  // for a child that forks after chroot, where there is no /proc
static bool refused;    // no ledger for this program, now and later
static bool attaching;  // a signal handler or an allocation in the middle of it must not start again

// MARK: mapping

static struct dioaudit_arena *map_arena(int fd) {
    struct dioaudit_session *session =
        (void *)SYSTEM(SYS_mmap, 0, DIOAUDIT_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if ((uintptr_t)session > -(uintptr_t)DIOAUDIT_PAGE) return NULL;
    struct dioaudit_arena *arena = NULL;
    if (session->magic == DIOAUDIT_LEDGER_MAGIC && session->version == DIOAUDIT_LEDGER_VERSION &&
        session->arena_bytes == sizeof(struct dioaudit_arena)) {
        uint32_t index = __atomic_fetch_add(&session->arenas_claimed, 1, __ATOMIC_RELAXED);
        if (index < DIOAUDIT_ARENAS) {
            arena = (void *)SYSTEM(SYS_mmap, 0, sizeof(*arena), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                                   fd, dioaudit_arena_offset(index));
            if ((uintptr_t)arena > -(uintptr_t)DIOAUDIT_PAGE) arena = NULL;
        }
        if (arena) {
            arena->config = session->config;
            arena->version = DIOAUDIT_LEDGER_VERSION;
            arena->magic = DIOAUDIT_LEDGER_MAGIC;
        } else {
            __atomic_fetch_add(&session->images_refused, 1, __ATOMIC_RELAXED);
        }
    }
    SYSTEM(SYS_munmap, session, DIOAUDIT_PAGE);
    return arena;
}

static const char *ledger_variable(void) {
    static const char name[] = DIOAUDIT_LEDGER_ENVIRONMENT "=";
    for (char **entry = environ; *entry; entry++)
        if (strncmp(*entry, name, sizeof(name) - 1) == 0) return *entry + sizeof(name) - 1;
    return NULL;
}

// TRAP: a program that has dropped its privileges before exec may not look into dioaudit's /proc entry. dioaudit hands the
// ledger out at a socket too. Fixture: drops-privileges-and-execs.c
static long ask_for_ledger(const char *name) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(name);
    if (length >= sizeof(address.sun_path)) return -1;
    memcpy(address.sun_path + 1, name, length);
    long door = SYSTEM(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (door < 0) return -1;
    struct timeval patience = {.tv_sec = 5};  // dioaudit may have been stopped, or have ended
    SYSTEM(SYS_setsockopt, door, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    char byte;
    struct iovec data = {&byte, 1};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
    int fd = -1;
    if (SYSTEM(SYS_connect, door, &address, offsetof(struct sockaddr_un, sun_path) + 1 + length) == 0 &&
        SYSTEM(SYS_recvmsg, door, &message, MSG_CMSG_CLOEXEC) == 1 && message.msg_controllen >= CMSG_LEN(sizeof(int)))
        memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
    SYSTEM(SYS_close, door);
    return fd;
}

// The variable holds a path, and after a comma the socket's name.
static long open_ledger(const char *variable) {
    char path[64];
    size_t length = strcspn(variable, ",");
    if (length >= sizeof(path)) return -1;
    memcpy(path, variable, length);
    path[length] = 0;
    long fd = SYSTEM(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
    return fd < 0 && variable[length] ? ask_for_ledger(variable + length + 1) : fd;
}

static struct dioaudit_arena *open_arena(void) {
    const char *variable = ledger_variable();
    if (!variable) return NULL;
    long fd = open_ledger(variable);
    if (fd < 0) return NULL;
    // A file shorter than the layout would turn the first touch into SIGBUS.
    bool whole = SYSTEM(SYS_lseek, fd, 0, SEEK_END) >= (long)dioaudit_ledger_bytes();
    struct dioaudit_arena *arena = whole ? map_arena((int)fd) : NULL;
    SYSTEM(SYS_close, fd);
    if (arena) following_begin(variable);
    return arena;
}

static void touch(uintptr_t start, uintptr_t end, bool write) {
    for (uintptr_t page = start & -(uintptr_t)DIOAUDIT_PAGE; page < end; page += DIOAUDIT_PAGE) {
        unsigned char *byte = (unsigned char *)page;
        // TRAP: a compiler may make an atomic addition of nothing a mere fence. Fixture: many-places-unlocked.c
        if (write) __asm__ volatile("lock addb $0, %0" : "+m"(*byte) : : "cc");
        else (void)*(const volatile unsigned char *)byte;
    }
}

// Segment by segment: the linker may leave holes between them. What it made read-only after relocation is one of them.
static void touch_image(void) {
    extern const char image[] __asm__("__ehdr_start") HIDDEN;
    const ElfW(Ehdr) *header = (const void *)image;
    const ElfW(Phdr) *segments = (const void *)(image + header->e_phoff);
    uintptr_t base = (uintptr_t)image, read_only_end = 0;
    for (int i = 0; i < header->e_phnum; i++)
        if (segments[i].p_type == PT_GNU_RELRO) read_only_end = base + segments[i].p_vaddr + segments[i].p_memsz;
    for (int i = 0; i < header->e_phnum; i++) {
        if (segments[i].p_type != PT_LOAD) continue;
        uintptr_t start = base + segments[i].p_vaddr, end = start + segments[i].p_memsz;
        bool relocated = start < read_only_end && read_only_end <= end;
        uintptr_t written = relocated ? (read_only_end + DIOAUDIT_PAGE - 1) & -(uintptr_t)DIOAUDIT_PAGE : start;
        touch(start, end, false);
        if (segments[i].p_flags & PF_W) touch(written, end, true);
    }
}

// TRAP: memory that we touch for the first time in the subject's steady phase is a page fault of the subject's.
// So all of our own image is touched now, and the arena too, which a forked child finds unmapped by page. Fixture:
// no-allocation-clean.c
static void touch_all(void) {
    touch_image();
    touch((uintptr_t)ledger, (uintptr_t)ledger + sizeof(*ledger), true);
}

// MARK: processes

static struct dioaudit_process *claim_record(void) {
    for (uint32_t i = 0; i < DIOAUDIT_PROCESSES; i++) {
        struct dioaudit_process *record = &ledger->processes[i];
        uint32_t expected = DIOAUDIT_PROCESS_FREE;
        if (__atomic_compare_exchange_n(&record->state, &expected, DIOAUDIT_PROCESS_CLAIMED, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED))
            return record;
    }
    return NULL;
}

static bool begin_process(void) {
    struct dioaudit_process *record = claim_record();
    if (!record) {
        __atomic_fetch_add(&ledger->lost_processes, 1, __ATOMIC_RELAXED);
        return false;
    }
    record->pid = (int32_t)SYSTEM(SYS_getpid);
    record->parent_pid = (int32_t)SYSTEM(SYS_getppid);
    long length = SYSTEM(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", record->executable, DIOAUDIT_PATH - 1);
    if (length > 0) {
        record->executable[length] = 0;
        memcpy(executable, record->executable, DIOAUDIT_PATH);
    } else {
        memcpy(record->executable, executable, DIOAUDIT_PATH);
    }

    struct context parent = context;
    context = (struct context){0};  // a child's TLS is its parent's, and so were these rows
    process.record = record;
    process.interlude = 0;
    process.closed_edge = NULL;
    files_forget_transfers();
    touch_all();
    phases_begin(record);
    __atomic_store_n(&record->state, DIOAUDIT_PROCESS_ACTIVE, __ATOMIC_RELEASE);
    context_enter(DIOAUDIT_PHASE_SETUP);
    context_adopt_early();
    phases_inherit(parent.own_phase);
    regions_inherit(&parent);
    return true;
}

bool ledger_attach(void) {
    if (refused || attaching || !environ) return false;
    attaching = true;
    if (!ledger) {
        ledger = open_arena();
        // Without the wipe a forked child would write into its parent's rows; such a kernel (before 4.14) is refused.
        if (ledger && SYSTEM(SYS_madvise, &process_memory, sizeof(process_memory), MADV_WIPEONFORK) != 0) ledger = NULL;
    }
    bool attached = ledger && begin_process();
    refused = !attached;
    attaching = false;
    return attached;
}

// MARK: threads

void ledger_thread_name(char *name) {
    if (SYSTEM(SYS_prctl, PR_GET_NAME, name) != 0) name[0] = 0;
    name[DIOAUDIT_NAME - 1] = 0;
}

static bool take(struct dioaudit_thread *rows, uint32_t from) {
    return __atomic_compare_exchange_n(&rows->state, &from, DIOAUDIT_THREAD_CLAIMED, false, __ATOMIC_ACQ_REL,
                                       __ATOMIC_RELAXED);
}

static void give(struct dioaudit_thread *rows, uint32_t state) {
    __atomic_store_n(&rows->state, state, __ATOMIC_RELEASE);
}

uint32_t ledger_process_index(void) {
    return (uint32_t)(process.record - ledger->processes);
}

static bool is_ours(const struct dioaudit_thread *rows) {
    return rows->owner == ledger_process_index();
}

static bool is_dead(const struct dioaudit_thread *rows) {
    return SYSTEM(SYS_tgkill, process.record->pid, rows->tid, 0) < 0;
}

static struct dioaudit_thread *find_exited(const struct dioaudit_thread *like) {
    for (uint32_t i = 1; i < DIOAUDIT_THREADS; i++) {
        struct dioaudit_thread *rows = &ledger->threads[i].thread;
        bool is_alike = rows->does_transfers == like->does_transfers && rows->matched == like->matched;
        if (rows->state == DIOAUDIT_THREAD_SHARED && is_ours(rows) && is_alike) return rows;
    }
    return NULL;
}

// Adds a dead thread's rows to those of the exited threads, and frees them. `into` and `from` are both claimed.
static void fold(struct dioaudit_thread *into, struct dioaudit_thread *from) {
    phases_settle_interlude(into);
    phases_settle_interlude(from);
    for (uint32_t phase = 0; phase < DIOAUDIT_PHASE_COUNT; phase++)
        for (uint32_t cell = 0; cell < DIOAUDIT_CELL_COUNT; cell++) {
            into->cells[phase][cell].calls += from->cells[phase][cell].calls;
            into->cells[phase][cell].bytes += from->cells[phase][cell].bytes;
        }
    threads_fold(into, from);
    for (uint32_t event = 0; event < DIOAUDIT_EVENT_COUNT; event++)
        if (into->last_transfer[event] < from->last_transfer[event])
            into->last_transfer[event] = from->last_transfer[event];
    memset((char *)from + sizeof(from->state), 0, sizeof(*from) - sizeof(from->state));
}

// Rows of a thread of this process that is no more. The first such rows found become those of all exited threads;
// later ones are folded into them and can be used again, so that thousands of short threads need but few rows.
static struct dioaudit_thread *reclaim(void) {
    for (uint32_t i = 1; i < DIOAUDIT_THREADS; i++) {
        struct dioaudit_thread *rows = &ledger->threads[i].thread;
        if (rows->state != DIOAUDIT_THREAD_OWNED || !is_ours(rows) || !is_dead(rows)) continue;
        if (!take(rows, DIOAUDIT_THREAD_OWNED)) continue;
        // TRAP: meanwhile another thread may have reclaimed them, and they are a live one's. Fixture: many-threads.c
        if (!is_ours(rows) || !is_dead(rows)) {
            give(rows, DIOAUDIT_THREAD_OWNED);
            continue;
        }
        struct dioaudit_thread *exited = find_exited(rows);
        if (!exited) {
            threads_end(rows);
            rows->tid = 0;
            memcpy(rows->name, "(exited)", sizeof("(exited)"));
            give(rows, DIOAUDIT_THREAD_SHARED);
        } else if (take(exited, DIOAUDIT_THREAD_SHARED)) {
            fold(exited, rows);
            give(exited, DIOAUDIT_THREAD_SHARED);
            return rows;
        } else {
            give(rows, DIOAUDIT_THREAD_OWNED);
        }
    }
    return NULL;
}

static struct dioaudit_thread *find_free(void) {
    for (uint32_t i = 1; i < DIOAUDIT_THREADS; i++) {
        struct dioaudit_thread *rows = &ledger->threads[i].thread;
        if (rows->state == DIOAUDIT_THREAD_FREE && take(rows, DIOAUDIT_THREAD_FREE)) return rows;
    }
    return NULL;
}

struct dioaudit_thread *ledger_rows_of(int32_t tid) {
    for (uint32_t i = 1; i < DIOAUDIT_THREADS; i++) {
        struct dioaudit_thread *rows = &ledger->threads[i].thread;
        if (rows->state == DIOAUDIT_THREAD_OWNED && rows->tid == tid && is_ours(rows)) return rows;
    }
    return NULL;
}

static void begin_rows(struct dioaudit_thread *rows, int32_t tid, const char *name) {
    rows->owner = ledger_process_index();
    rows->tid = tid;
    memcpy(rows->name, name, DIOAUDIT_NAME);
    scope_note_name(rows, name);
    rows->interlude = process.interlude;
    rows->interlude_from = process.interlude_from;
    give(rows, DIOAUDIT_THREAD_OWNED);
}

struct dioaudit_thread *ledger_claim_rows_for(int32_t tid, const char *name) {
    struct dioaudit_thread *rows = find_free();
    if (rows) begin_rows(rows, tid, name);
    return rows;
}

struct dioaudit_thread *ledger_claim_rows(void) {
    int32_t tid = (int32_t)SYSTEM(SYS_gettid);
    struct dioaudit_thread *rows = ledger->config.scope ? ledger_rows_of(tid) : NULL;
    if (!rows) {
        rows = find_free();
        if (!rows) rows = reclaim();
        if (!rows) return NULL;
        char name[DIOAUDIT_NAME];
        ledger_thread_name(name);
        begin_rows(rows, tid, name);
    }
    // A signal handler may have claimed rows while we did; the host adds up both by their thread id.
    context.rows = rows;
    context_choose_way();
    return rows;
}

struct dioaudit_thread *ledger_shared_rows(void) {
    struct dioaudit_thread *rows = &ledger->threads[0].thread;
    if (rows->state == DIOAUDIT_THREAD_FREE && take(rows, DIOAUDIT_THREAD_FREE)) {
        rows->owner = ledger_process_index();
        memcpy(rows->name, "(others)", sizeof("(others)"));
        give(rows, DIOAUDIT_THREAD_SHARED);
    }
    return rows;
}
