// dioaudit.h's assertions.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dioaudit.h"
#include "dioaudit_assertions.h"
#include "names.h"

_Static_assert((int)DIOAUDIT_FAULTS_FORBIDDEN == DIOAUDIT_ASSERTION_FAULTS_FORBIDDEN &&
                   (int)DIOAUDIT_FAULTS_ALLOWED == DIOAUDIT_ASSERTION_FAULTS_ALLOWED,
               "one enumeration by two names");

// As AuditCore's Policy has it: those that return memory, advise or lock are no failures by themselves.
static const char *const allowed[] = {"free", "freeSized", "freeAlignedSized", "munmap", "madvise", "mlock", "mlockall"};

static uint64_t find_failures(void) {
    uint64_t bits = 0;
    for (uint32_t event = 0; dioaudit_assertion_key(event); event++) {
        int is_allowed = 0;
        for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
            is_allowed |= strcmp(dioaudit_assertion_key(event), allowed[i]) == 0;
        if (!is_allowed) bits |= UINT64_C(1) << event;
    }
    return bits;
}

// A bit for each event that is one. Found once: threads that find it at a time find the same.
static uint64_t failures(void) {
    static uint64_t known;
    uint64_t bits = __atomic_load_n(&known, __ATOMIC_RELAXED);
    if (!bits) __atomic_store_n(&known, bits = find_failures(), __ATOMIC_RELAXED);
    return bits;
}

static int is_failure(uint32_t event) {
    return failures() >> event & 1;
}

static bool is_fault(uint32_t event) {
    return strncmp(dioaudit_assertion_key(event), "pageFault", 9) == 0;
}

static void (*on_failure)(const char *file, int line, const char *message);

void dioaudit_on_failure(void (*handler)(const char *file, int line, const char *message)) {
    on_failure = handler;
}

// MARK: the message

struct text {
    char bytes[16384];
    size_t length;
};

static void say(struct text *text, const char *format, ...) {
    va_list rest;
    va_start(rest, format);
    size_t room = sizeof(text->bytes) - text->length;
    int written = vsnprintf(text->bytes + text->length, room, format, rest);
    if (written > 0) text->length += (size_t)written < room ? (size_t)written : room - 1;
    va_end(rest);
}

struct frames {
    struct text *text;
    unsigned said;
};

// Those of a test's runner, or of an interpreter, come last.
enum { MOST_FRAMES = 24 };

static void say_frame(void *to, const char *line) {
    struct frames *frames = to;
    if (frames->said < MOST_FRAMES) say(frames->text, "      #%u %s\n", frames->said, line);
    frames->said++;
}

static void say_site(struct text *text, struct names *names, const struct dioaudit_assertion_site *site) {
    const char *kind = dioaudit_assertion_key(site->event);
    say(text, "  %llu of %s, %llu bytes:\n", (unsigned long long)site->count.calls, kind, (unsigned long long)site->count.bytes);
    struct frames frames = {text, 0};
    for (uint32_t frame = 0; frame < site->depth; frame++) names_say(names, site->frames[frame], say_frame, &frames);
    if (frames.said > MOST_FRAMES) say(text, "      and %u more frames\n", frames.said - MOST_FRAMES);
}

enum { MOST_SITES = 10 };

static void say_sites(struct text *text, const dioaudit_assertion *assertion) {
    struct names *names = names_open();
    struct dioaudit_assertion_site site;
    uint32_t index = 0;
    for (; dioaudit_assertion_site(assertion, index, &site); index++)
        if (index < MOST_SITES) say_site(text, names, &site);
    if (index > MOST_SITES) say(text, "  and %u more places\n", index - MOST_SITES);
    names_close(names);
}

// They have no stack.
static void say_faults(struct text *text, const dioaudit_assertion *assertion) {
    bool faulted = false;
    for (uint32_t event = 0; dioaudit_assertion_key(event); event++)
        if (is_fault(event)) faulted |= dioaudit_assertion_counted(assertion, event).calls > 0;
    if (faulted)
        say(text, "  page faults: memory was touched for the first time, or was mapped under MCL_FUTURE, which touches it: touch it in "
                  "the warm-up, or lock it there (mlockall). Where: dioaudit run --kernel-stacks\n");
    if (dioaudit_assertion_leaves_faults(assertion))
        say(text, "  page faults were not judged, since no mlockall(MCL_FUTURE) was in effect\n");
}

static void say_counts(struct text *text, const dioaudit_assertion *assertion) {
    const char *before = "in the judged run: ";
    for (uint32_t event = 0; dioaudit_assertion_key(event); event++) {
        unsigned long long calls = dioaudit_assertion_counted(assertion, event).calls;
        if (!calls || !is_failure(event)) continue;
        say(text, "%s%llu of %s", before, calls, dioaudit_assertion_key(event));
        before = ", ";
    }
    say(text, "\n");
}

// In the test's source.
struct source {
    const char *file;
    int line;
};

static void give_up(struct source source, const char *message) {
    fprintf(stderr, "%s:%d: expected no allocation: %s\n", source.file, source.line, message);
    abort();
}

static void fail(struct source source, const char *message) {
    void (*handler)(const char *, int, const char *) = on_failure;
    if (handler) handler(source.file, source.line, message);
    else give_up(source, message);
}

static void tell(const struct dioaudit_expectation *expectation, const char *obstacle) {
    struct text text;
    text.length = 0;
    if (obstacle) {
        bool is_of_faults = expectation->assertion && obstacle == dioaudit_assertion_faults_unseen(expectation->assertion);
        say(&text, "inconclusive: %s%s", is_of_faults ? "" : "whether it allocates was not observed: ", obstacle);
    } else {
        say_counts(&text, expectation->assertion);
        say_sites(&text, expectation->assertion);
        say_faults(&text, expectation->assertion);
    }
    if (text.bytes[text.length - 1] == '\n') text.bytes[text.length - 1] = 0;
    fail((struct source){expectation->file, expectation->line}, text.bytes);
}

// MARK: blocks that never end

// TRAP: longjmp, pthread_exit, exit and _exit leave a block without its end: nobody would judge it, and the test would pass.
// Test: TestLibraryTests, blocks that are left
static const char never_ended[] = "inconclusive: whether it allocates was not observed: the block was left by a jump, or by the end of its "
                                  "thread or of the program, before it was judged";

enum { MOST_AROUND = 16 };

// Those that the calling thread is in, outermost first.
static _Thread_local struct {
    struct source begun[MOST_AROUND];
    unsigned count;
} entered;

static void enter(struct dioaudit_expectation *expectation) {
    expectation->around = entered.count++;
    if (expectation->around < MOST_AROUND)
        entered.begun[expectation->around] = (struct source){expectation->file, expectation->line};
    dioaudit_assertion_opened();
}

static void leave(const struct dioaudit_expectation *expectation) {
    unsigned left = entered.count - expectation->around, inner = expectation->around + 1;
    entered.count = expectation->around;
    dioaudit_assertion_closed((int)left);
    if (left > 1 && inner < MOST_AROUND) fail(entered.begun[inner], never_ended);
}

static void tell_of_never_ended(void) {
    give_up(entered.count ? entered.begun[0] : (struct source){"a thread that is no more", 0}, never_ended);
}

static __attribute__((constructor)) void begin(void) {
    dioaudit_assertion_at_end(tell_of_never_ended);
}

// MARK: the block

// Of the calling thread's last block, by event, -1 where it was not counted; and whether there was one that was observed.
static _Thread_local long last[64];
static _Thread_local int last_is_known;
static _Thread_local long last_threads = -1;

long dioaudit_counts(const char *kind) {
    if (kind && strcmp(kind, "threads") == 0) return last_threads;
    long calls = kind ? -1 : 0;
    for (uint32_t event = 0; last_is_known && dioaudit_assertion_key(event); event++) {
        const char *key = dioaudit_assertion_key(event);
        if (kind && strcmp(kind, key) == 0) calls = last[event];
        if (!kind && is_failure(event) && last[event] > 0) calls += last[event];
    }
    return last_is_known ? calls : -1;
}

static void remember(const dioaudit_assertion *assertion) {
    bool knows_faults = dioaudit_assertion_knows_faults(assertion);
    for (uint32_t event = 0; dioaudit_assertion_key(event); event++)
        last[event] = is_fault(event) && !knows_faults ? -1 : (long)dioaudit_assertion_counted(assertion, event).calls;
}

// What keeps it from counting is told at once: a block may be left without its end.
struct dioaudit_expectation dioaudit_expectation_begin(const char *file, int line, int warmup, enum dioaudit_judged_faults faults) {
    struct dioaudit_expectation expectation = {.file = file, .line = line, .runs_left = warmup < 0 ? 1 : warmup + 1};
    dioaudit_assertion_suspend();
    expectation.obstacle = dioaudit_assertion_obstacle();
    if (!expectation.obstacle) expectation.assertion = dioaudit_assertion_make(failures(), (enum dioaudit_assertion_faults)faults);
    if (!expectation.obstacle && !expectation.assertion) expectation.obstacle = "there is no memory to count in";
    if (expectation.obstacle) {
        last_is_known = 0;
        last_threads = -1;
        tell(&expectation, expectation.obstacle);
    }
    enter(&expectation);
    dioaudit_assertion_resume();
    return expectation;
}

static void stop(struct dioaudit_expectation *expectation) {
    if (expectation->is_judged) dioaudit_assertion_end(expectation->assertion);
}

int dioaudit_expectation_runs(struct dioaudit_expectation *expectation) {
    int is_over = expectation->runs_left-- == 0;
    if (is_over) stop(expectation);
    if (expectation->runs_left != 0 || !expectation->assertion) return !is_over;
    expectation->is_judged = 1;
    dioaudit_assertion_begin(expectation->assertion);
    return 1;
}

// What the block did that does not count in it; null if it is nothing.
static const char *unseen_of(const dioaudit_assertion *assertion) {
    if (dioaudit_assertion_threads(assertion) > 0)
        return "it started a thread, whose calls are not counted: assert what that thread does in the thread itself";
    if (dioaudit_assertion_children(assertion) > 0)
        return "it started a process, whose calls are not counted: assert what that process does in the process itself";
    return dioaudit_assertion_faults_unseen(assertion);
}

static void judge(const struct dioaudit_expectation *expectation) {
    // The block itself may have made an obstacle.
    const char *obstacle = expectation->is_judged ? dioaudit_assertion_obstacle() : "the block was left before its judged run";
    last_is_known = !obstacle;
    last_threads = obstacle ? -1 : (long)dioaudit_assertion_threads(expectation->assertion);
    if (!obstacle) remember(expectation->assertion);
    if (dioaudit_counts(NULL) == 0) obstacle = unseen_of(expectation->assertion);
    if (obstacle) last_is_known = 0;
    if (obstacle || dioaudit_counts(NULL) > 0) tell(expectation, obstacle);
}

void dioaudit_expectation_end(struct dioaudit_expectation *expectation) {
    // Left by return, break or an exception, it has not stopped.
    if (expectation->runs_left >= 0) stop(expectation);
    dioaudit_assertion_suspend();
    leave(expectation);
    if (expectation->assertion) {
        judge(expectation);
        dioaudit_assertion_free(expectation->assertion);
    }
    dioaudit_assertion_resume();
}
