#include "site_memory.h"

#include <stdbool.h>
#include <sys/mman.h>

#include "../base/clock.h"
#include "../base/system.h"
#include "../state/context.h"
#include "../state/faults.h"
#include "../state/identity.h"
#include "../state/ledger.h"
#include "edges.h"
#include "../rules.h"

// By piece; the first is the arena's own. A forked child has its parent's mappings, and so these too.
static unsigned char *pieces[DIOAUDIT_PIECES + 1];
static uint64_t mapped, own_faults;
static bool refused;  // the kernel did, or there is a reason not to ask: not to be tried again

// MARK: mapping

static unsigned char *mapping_of(uint32_t piece) {
    return piece == 0 ? (unsigned char *)ledger->pool : __atomic_load_n(&pieces[piece], __ATOMIC_ACQUIRE);
}

static void touch(unsigned char *start, uint64_t bytes) {
    for (uint64_t page = 0; page < bytes; page += DIOAUDIT_PAGE) architecture_touch(start + page);
}

// The last page before a piece, where it is mapped already: of the arena, or of the piece before.
static unsigned char *page_before(uint32_t piece) {
    unsigned char *end = piece == 1 ? (unsigned char *)(ledger + 1)
                                    : pieces[piece - 1] + dioaudit_piece_end(piece - 1) - dioaudit_piece_begin(piece - 1);
    return end - DIOAUDIT_PAGE;
}

// TRAP: the ledger's descriptor is closed, and after chroot, setuid or close_range it cannot be opened again. A mapping of shared
// memory can be made anew from any of its pages, by mremap(2) with an old size of 0. So the page before the piece is mapped twice.
// Fixture: many-sites.c
//
// Under MCL_FUTURE the piece is locked, and the call fails if RLIMIT_MEMLOCK is too small for it.
static unsigned char *map(uint32_t piece) {
    uint64_t bytes = DIOAUDIT_PAGE + dioaudit_piece_end(piece) - dioaudit_piece_begin(piece);
    long start = SYSTEM(SYS_mremap, page_before(piece), 0, bytes, MREMAP_MAYMOVE);
    if (start < 0 && start > -DIOAUDIT_PAGE) return NULL;
    touch((unsigned char *)start, bytes);
    unsigned char *none = NULL;
    unsigned char *mapping = (unsigned char *)start + DIOAUDIT_PAGE;
    // Another thread, or a signal handler on this one, may have mapped it meanwhile.
    bool is_first =
        __atomic_compare_exchange_n(&pieces[piece], &none, mapping, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    if (is_first) add_shared(&mapped, bytes);
    else SYSTEM(SYS_munmap, start, bytes);
    return is_first ? mapping : none;
}

// The squeeze leaves less memory than a piece takes.
static bool may_grow(void) {
    return !refused && !ledger->config.squeeze && process_is_ours();
}

static unsigned char *grow(uint32_t piece) {
    if (!may_grow()) return NULL;
    struct dioaudit_faults before = faults_of_thread();
    uint64_t began = clock_now();
    unsigned char *mapping = map(piece);
    if (!mapping) refused = true;
    edges_note_own(began, clock_now());
    struct dioaudit_faults after = faults_of_thread();
    add_shared(&own_faults, after.minor - before.minor + after.major - before.major);
    faults_disown(before);
    return mapping;
}

static unsigned char *mapped_piece(uint32_t wanted) {
    for (uint32_t piece = 1; piece <= wanted; piece++)
        if (!mapping_of(piece) && !grow(piece)) return NULL;
    return mapping_of(wanted);
}

static struct dioaudit_site *at(uint32_t offset) {
    uint32_t piece = dioaudit_piece_of(offset);
    unsigned char *start = mapped_piece(piece);
    return start ? (struct dioaudit_site *)(start + (offset - dioaudit_piece_begin(piece))) : NULL;
}

// MARK: sites

// A piece's rest that is too small for a site stays unused.
static bool take(uint32_t bytes, uint32_t *offset) {
    uint32_t *used = &ledger->header.sites_used;
    uint32_t before = __atomic_load_n(used, __ATOMIC_RELAXED);
    for (;;) {
        uint32_t end = dioaudit_piece_end(dioaudit_piece_of(before));
        *offset = before + bytes <= end ? before : end;
        if (*offset + bytes > DIOAUDIT_POOL + (uint32_t)DIOAUDIT_GROWTH) return false;
        // Memory that cannot be mapped is not taken, so that what follows is whole.
        if (!mapped_piece(dioaudit_piece_of(*offset))) return false;
        if (__atomic_compare_exchange_n(used, &before, *offset + bytes, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) return true;
    }
}

struct dioaudit_site *site_memory_take(uint32_t frames, uint32_t *place) {
    uint32_t offset;
    if (!take(dioaudit_site_bytes(frames), &offset)) return NULL;
    *place = offset + 1;
    return at(offset);
}

struct dioaudit_site *site_memory_at(uint32_t place) {
    return at(place - 1);
}

void site_memory_touch(void) {
    for (uint32_t piece = 1; piece <= DIOAUDIT_PIECES; piece++)
        if (pieces[piece]) touch(pieces[piece], dioaudit_piece_end(piece) - dioaudit_piece_begin(piece));
}

uint64_t site_memory_mapped(void) {
    return __atomic_load_n(&mapped, __ATOMIC_RELAXED);
}

uint64_t site_memory_faults(void) {
    return __atomic_load_n(&own_faults, __ATOMIC_RELAXED);
}
