#include "rings.h"

#include <stddef.h>

#include "../state/context.h"
#include "../state/identity.h"
#include "../rules.h"

// Chunks of registered files, which all rings share. A ring's first chunk says how many files it registered. Further chunks are
// claimed only for O_DIRECT files, so that a large and sparse registration takes one.
enum { CHUNKS = 128, CHUNK = 32 };
enum { NONE = 0, DOUBTFUL = 1 };  // of a file; else its slot

static struct chunk {
    int32_t ring;    // its descriptor plus one; 0 while free
    uint32_t first;  // index of files[0]
    uint32_t count;  // in the ring's first chunk: of the files that it registered
    uint32_t lost;   // there, too: no chunk was free
    uint16_t files[CHUNK];
} chunks[CHUNKS];

static uint32_t chunks_used;  // so that a program without rings does not search them at each close

// Barriers: a chunk's release stores `ring` by release after its files were dropped; find and claim load it by acquire.
static struct chunk *find(int ring, uint32_t first) {
    if (ring < 0 || __atomic_load_n(&chunks_used, __ATOMIC_RELAXED) == 0) return NULL;
    for (int i = 0; i < CHUNKS; i++)
        if (__atomic_load_n(&chunks[i].ring, __ATOMIC_ACQUIRE) == ring + 1 && chunks[i].first == first) return &chunks[i];
    return NULL;
}

static struct chunk *claim(int ring, uint32_t first) {
    for (int i = 0; ring >= 0 && i < CHUNKS; i++) {
        int32_t none = 0;
        if (!__atomic_compare_exchange_n(&chunks[i].ring, &none, -1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) continue;
        __atomic_fetch_add(&chunks_used, 1, __ATOMIC_RELAXED);
        chunks[i].first = first;
        chunks[i].count = chunks[i].lost = 0;
        __atomic_store_n(&chunks[i].ring, ring + 1, __ATOMIC_RELEASE);
        return &chunks[i];
    }
    return NULL;
}

static void set(struct chunk *chunk, uint32_t place, uint16_t now) {
    uint16_t before = __atomic_exchange_n(&chunk->files[place], now, __ATOMIC_ACQ_REL);
    if (before >= FIRST_FILE) files_drop(direct_files_in(before));
}

static void release(struct chunk *chunk) {
    for (uint32_t i = 0; i < CHUNK; i++) set(chunk, i, NONE);
    __atomic_store_n(&chunk->ring, 0, __ATOMIC_RELEASE);
    __atomic_fetch_sub(&chunks_used, 1, __ATOMIC_RELAXED);
}

void rings_register(int ring, uint32_t count) {
    rings_unregister(ring);  // closed without io_uring_queue_exit, and its descriptor used again
    struct chunk *chunk = claim(ring, 0);
    if (chunk) chunk->count = count;  // else rings_file says that they are lost
}

// TRAP: a vfork child closes its own descriptor of the ring, not its parent's.
void rings_unregister(int ring) {
    if (!find(ring, 0) || !process_is_ours()) return;
    for (int i = 0; i < CHUNKS; i++)
        if (__atomic_load_n(&chunks[i].ring, __ATOMIC_ACQUIRE) == ring + 1) release(&chunks[i]);
}

static void put(int ring, uint32_t index, uint16_t now) {
    struct chunk *whole = find(ring, 0);
    if (!whole || index >= whole->count) return;
    uint32_t place = index % CHUNK;
    struct chunk *chunk = find(ring, index - place);
    if (!chunk && now != NONE) chunk = claim(ring, index - place);
    if (chunk) set(chunk, place, now);
    else if (now != NONE) whole->lost = 1;
}

void rings_put(int ring, uint32_t index, int fd) {
    if (fd < -1) return;
    struct direct_file *file = fd >= 0 ? files_find(fd) : NULL;
    if (file) direct_files_keep(file);
    put(ring, index, file ? direct_files_slot(file) : (uint16_t)NONE);
}

void rings_put_unknown(int ring, uint32_t index) {
    put(ring, index, DOUBTFUL);
}

void rings_doubt_others(void) {
    for (int i = 0; i < CHUNKS; i++) {
        if (__atomic_load_n(&chunks[i].ring, __ATOMIC_ACQUIRE) <= 0) continue;
        if (chunks[i].first == 0 && chunks[i].count > CHUNK) chunks[i].lost = 1;
        for (uint32_t place = 0; place < CHUNK; place++) {
            uint16_t none = NONE;
            __atomic_compare_exchange_n(&chunks[i].files[place], &none, DOUBTFUL, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
        }
    }
}

struct direct_file *rings_file(int ring, uint32_t index) {
    const struct chunk *whole = find(ring, 0);
    const struct chunk *chunk = whole && index < whole->count ? find(ring, index - index % CHUNK) : NULL;
    uint16_t named = chunk ? __atomic_load_n(&chunk->files[index % CHUNK], __ATOMIC_ACQUIRE) : (uint16_t)NONE;
    struct direct_file *file = direct_files_in(named);
    if (file) return direct_files_is_on(file) ? file : NULL;
    if (named == DOUBTFUL || !whole || index >= whole->count || whole->lost) files_note_lost();
    return NULL;
}
