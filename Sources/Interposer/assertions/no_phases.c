// What the interposed functions ask of phases, of which a program that the interposer is linked into has none.
#include "../phases/memory.h"
#include "../phases/phases.h"
#include "../state/faults.h"
#include "../rules.h"

bool phases_is_any_steady(void) {
    return false;
}

void phases_lock_failed(int error) {
    (void)error;
}

bool memory_is_only_marked(int advice) {
    (void)advice;
    return true;
}

struct memory_pages memory_in(const void *at, size_t length) {
    (void)at, (void)length;
    return (struct memory_pages){0};
}

void memory_gave_back(struct memory_pages before, struct memory_pages after) {
    (void)before, (void)after;
}

// Page faults are not judged: the code that asks is never charged with any.
struct dioaudit_faults faults_of_thread(void) {
    return (struct dioaudit_faults){0};
}

void faults_disown(struct dioaudit_faults before) {
    (void)before;
}
