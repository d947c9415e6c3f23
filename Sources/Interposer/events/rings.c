#include "rings.h"

#include <stddef.h>

#include "../rules.h"

enum { RINGS = 16, REGISTERED = 64 };

static struct {
    int32_t ring;  // its descriptor plus one; 0 while free
    uint32_t count;
    struct direct_file *files[REGISTERED];
} rings[RINGS];

// Barriers: rings_unregister stores `ring` by release after it has dropped the files; find and claim load it by acquire.
static int find(int ring) {
    for (int i = 0; i < RINGS; i++)
        if (__atomic_load_n(&rings[i].ring, __ATOMIC_ACQUIRE) == ring + 1) return i;
    return -1;
}

static int claim(int ring) {
    for (int i = 0; i < RINGS; i++) {
        int32_t none = 0;
        if (__atomic_compare_exchange_n(&rings[i].ring, &none, ring + 1, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
            return i;
    }
    return -1;
}

void rings_register(int ring, const int *descriptors, unsigned count) {
    rings_unregister(ring);  // closed without io_uring_queue_exit, and its descriptor used again
    int place = count <= REGISTERED ? claim(ring) : -1;
    if (place < 0) return;  // rings_file says that they are lost
    for (unsigned i = 0; i < count; i++) {
        rings[place].files[i] = files_find(descriptors[i]);
        if (rings[place].files[i]) direct_files_keep(rings[place].files[i]);
    }
    rings[place].count = count;
}

void rings_unregister(int ring) {
    int place = find(ring);
    if (place < 0) return;
    for (unsigned i = 0; i < rings[place].count; i++)
        if (rings[place].files[i]) files_drop(rings[place].files[i]);
    rings[place].count = 0;
    __atomic_store_n(&rings[place].ring, 0, __ATOMIC_RELEASE);
}

struct direct_file *rings_file(int ring, uint32_t index) {
    int place = find(ring);
    if (place < 0 || index >= rings[place].count) {
        files_note_lost();
        return NULL;
    }
    struct direct_file *file = rings[place].files[index];
    return file && direct_files_is_on(file) ? file : NULL;
}
