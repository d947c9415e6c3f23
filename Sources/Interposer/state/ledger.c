#include "ledger.h"

#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../base/system.h"
#include "context.h"
#include "faults.h"
#include "following.h"
#include "ledger_socket.h"
#include "../rules.h"

struct dioaudit_arena *ledger;
static const uint32_t nothing = DIOAUDIT_TOLD_NOTHING;
const uint32_t *ledger_told = &nothing;

// MARK: mapping

static void *map_session(int fd, int protection) {
    void *session = (void *)SYSTEM(SYS_mmap, 0, DIOAUDIT_PAGE, protection, MAP_SHARED | MAP_POPULATE, fd, 0);
    return (uintptr_t)session > -(uintptr_t)DIOAUDIT_PAGE ? NULL : session;
}

// One page for all images: what a process maps after the host has written there says the same.
static bool follow_host(int fd) {
    const struct dioaudit_session *session = map_session(fd, PROT_READ);
    if (session) ledger_told = &session->told;
    return session != NULL;
}

static struct dioaudit_arena *map_arena(int fd) {
    struct dioaudit_session *session = map_session(fd, PROT_READ | PROT_WRITE);
    if (!session) return NULL;
    struct dioaudit_arena *arena = NULL;
    if (session->magic == DIOAUDIT_LEDGER_MAGIC && session->version == DIOAUDIT_LEDGER_VERSION &&
        session->arena_bytes == sizeof(struct dioaudit_arena)) {
        uint32_t index = __atomic_fetch_add(&session->arenas_claimed, 1, __ATOMIC_RELAXED);
        if (index < DIOAUDIT_ARENAS) {
            arena = (void *)SYSTEM(SYS_mmap, 0, sizeof(*arena), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                                   fd, dioaudit_arena_offset(index));
            if ((uintptr_t)arena > -(uintptr_t)DIOAUDIT_PAGE) arena = NULL;
        }
        if (session->config.follows_host && !follow_host(fd)) arena = NULL;
        if (arena) {
            arena->config = session->config;
            arena->header.version = DIOAUDIT_LEDGER_VERSION;
            // Pairs with dioaudit_arena_header_at.
            __atomic_store_n(&arena->header.magic, DIOAUDIT_LEDGER_MAGIC, __ATOMIC_RELEASE);
        } else {
            __atomic_fetch_add(&session->images_refused, 1, __ATOMIC_RELAXED);
        }
    }
    SYSTEM(SYS_munmap, session, DIOAUDIT_PAGE);
    return arena;
}

static struct dioaudit_arena *open_arena(void) {
    const char *variable = ledger_variable();
    if (!variable) return NULL;
    long fd = ledger_descriptor(variable);
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
        if (write) architecture_touch(byte);
        else (void)*(const volatile unsigned char *)byte;
    }
}

uint64_t ledger_mapped(void) {
    extern const char image[] __asm__("__ehdr_start") HIDDEN;
    extern const char image_end[] __asm__("_end") HIDDEN;
    uint64_t bytes = (uint64_t)(image_end - image);
    return ((bytes + DIOAUDIT_PAGE - 1) & -(uint64_t)DIOAUDIT_PAGE) + sizeof(*ledger);
}

// Touches each segment by itself: the linker may leave holes between them, and a part that is read-only after relocation.
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

// TRAP: memory that the interposer first touches in the steady phase takes a page fault, which would count as the subject's.
// So all of its image is touched now, and the arena too, whose page tables a forked child does not inherit. Fixture:
// no-allocation-clean.c
void ledger_touch(void) {
    touch_image();
    touch((uintptr_t)ledger, (uintptr_t)ledger + sizeof(*ledger), true);
    touch((uintptr_t)ledger_told, (uintptr_t)(ledger_told + 1), false);
}

static uint64_t fork_faults;

uint64_t ledger_fork_faults(void) {
    return __atomic_load_n(&fork_faults, __ATOMIC_RELAXED);
}

void ledger_after_fork(void) {
    struct dioaudit_faults before = faults_of_thread();
    touch_image();
    touch((uintptr_t)&context, (uintptr_t)&context + sizeof(context), true);
    struct dioaudit_faults after = faults_of_thread();
    add_shared(&fork_faults, after.minor - before.minor + after.major - before.major);
    faults_disown(before);
}

bool ledger_open(void) {
    if (ledger) return true;
    ledger = open_arena();
    // Without the wipe a forked child would write into its parent's rows; such a kernel (before 4.14) is refused.
    if (ledger && SYSTEM(SYS_madvise, &process_memory, sizeof(process_memory), MADV_WIPEONFORK) != 0) ledger = NULL;
    return ledger != NULL;
}

uint32_t ledger_process_index(void) {
    return (uint32_t)(process.record - ledger->processes);
}
