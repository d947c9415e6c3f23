#include "clock.h"

#include <link.h>
#include <string.h>
#include <time.h>

#include "objects.h"
#include "system.h"
#include "../rules.h"

// TRAP: a program may define clock_gettime itself (libfaketime does) and would give phases wrong times. So the kernel's function
// is looked up here: it lies in the vDSO (vdso(7)), an object that the dynamic linker lists. Fixture: brings-its-clock.c
static int (*in_vdso)(clockid_t, struct timespec *);

static const struct link_map *vdso(void) {
    const struct link_map *map = objects_find((uintptr_t)clock_find);
    while (map && map->l_prev) map = map->l_prev;
    while (map && strcmp(map->l_name, "linux-vdso.so.1") != 0) map = map->l_next;
    return map;
}

void clock_find(void) {
    const struct link_map *map = vdso();
    if (map) in_vdso = (int (*)(clockid_t, struct timespec *))(uintptr_t)objects_symbol(map, ARCHITECTURE_CLOCK);
    clock_now();
}

static int64_t read_clock(clockid_t clock) {
    struct timespec time = {0};
    if (unlikely(!in_vdso) || unlikely(in_vdso(clock, &time) != 0)) SYSTEM(SYS_clock_gettime, clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

uint64_t clock_now(void) {
    return (uint64_t)read_clock(CLOCK_MONOTONIC);
}

int64_t clock_difference(void) {
    return read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC);
}
