#include "squeeze.h"

#include <linux/futex.h>
#include <time.h>

#include "../base/clock.h"
#include "../base/system.h"
#include "../state/context.h"
#include "../rules.h"

static const uint64_t patience = 5000000000u;  // nanoseconds: dioaudit may have been stopped, or have ended

static uint32_t state(void) {
    return __atomic_load_n(&process.record->squeeze, __ATOMIC_ACQUIRE);
}

static bool change(uint32_t from, uint32_t to) {
    return __atomic_compare_exchange_n(&process.record->squeeze, &from, to, false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

// Waits for the host to answer a question that this thread or another has asked. A signal handler may leave this by longjmp:
// the host answers all the same.
static void await(uint32_t question, uint32_t without_answer) {
    uint64_t limit = clock_now() + patience;
    struct timespec deadline = {.tv_sec = (time_t)(limit / 1000000000u), .tv_nsec = (long)(limit % 1000000000u)};
    while (state() == question) {
        long result = SYSTEM(SYS_futex, &process.record->squeeze, FUTEX_WAIT_BITSET, question, &deadline, NULL,
                             FUTEX_BITSET_MATCH_ANY);
        if (result != 0 && result != -EAGAIN && result != -EINTR) change(question, without_answer);
    }
}

bool squeeze_is_settled(void) {
    return state() == DIOAUDIT_SQUEEZE_IN_EFFECT || state() == DIOAUDIT_SQUEEZE_MISSED;
}

void squeeze_begin(void) {
    while (!squeeze_is_settled()) {
        if (!change(DIOAUDIT_SQUEEZE_NONE, DIOAUDIT_SQUEEZE_ASKED)) change(DIOAUDIT_SQUEEZE_ENDED, DIOAUDIT_SQUEEZE_ASKED);
        await(DIOAUDIT_SQUEEZE_ASKED, DIOAUDIT_SQUEEZE_MISSED);
        await(DIOAUDIT_SQUEEZE_ENDING, DIOAUDIT_SQUEEZE_ENDED);
    }
}

void squeeze_end(void) {
    if (change(DIOAUDIT_SQUEEZE_IN_EFFECT, DIOAUDIT_SQUEEZE_ENDING)) await(DIOAUDIT_SQUEEZE_ENDING, DIOAUDIT_SQUEEZE_ENDED);
}
