#include "quiet.h"

#include "../base/clock.h"
#include "../rules.h"

void quiet_ends(struct dioaudit_quiet *quiet, uint64_t timed_from) {
    uint64_t now = clock_now();
    uint64_t from = quiet->last > timed_from ? quiet->last : timed_from;
    if (now > from && now - from > quiet->to - quiet->from) {
        quiet->from = from;
        quiet->to = now;
    }
    // A signal handler may have made one meanwhile.
    if (now > quiet->last) quiet->last = now;
}

void quiet_fold(struct dioaudit_quiet *into, const struct dioaudit_quiet *from) {
    if (!from->last) return;
    if (!into->last) {
        *into = *from;
        return;
    }
    if (from->from > into->from) into->from = from->from;
    if (from->to < into->to) into->to = from->to;
    if (into->to < into->from) into->from = into->to = 0;
    if (from->last > into->last) into->last = from->last;
}
