// What the interposed functions ask of phases, of which a program that the interposer is linked into has none.
#include "../phases/memory.h"
#include "../phases/phases.h"
#include "../rules.h"

bool phases_is_any_steady(void) {
    return false;
}

bool memory_is_only_marked(int advice) {
    (void)advice;
    return true;
}

struct memory_pages memory_in(const void *at, size_t length) {
    (void)at, (void)length;
    return (struct memory_pages){0};
}

void memory_lost_sight(void) {}

void memory_gave_back(struct memory_pages before, struct memory_pages after) {
    (void)before, (void)after;
}
