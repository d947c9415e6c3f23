// Markers, by which a program names its phases and regions for dioaudit. Header-only: nothing needs to be linked, and without
// dioaudit each call is a test of a null pointer. C99 and C++. Assertions for tests stand at the end: those need libdioaudit_test.
#ifndef DIOAUDIT_H
#define DIOAUDIT_H

#ifdef __cplusplus
extern "C" {
#endif

// Defined by libdioaudit_preload.so when it is loaded, else null.
__attribute__((weak)) void dioaudit_enter_phase(const char *name);
__attribute__((weak)) void dioaudit_enter_thread_phase(const char *name);
__attribute__((weak)) void dioaudit_enter_region(const char *name);
__attribute__((weak)) void dioaudit_leave_region(const char *name);
__attribute__((weak)) void dioaudit_enter_allowed(const char *reason);
__attribute__((weak)) void dioaudit_leave_allowed(const char *reason);

// Enters a phase of this process: "setup", "warmup", "steady" or "teardown". The first call ends automatic
// phases for the process. An unknown name is ignored, and the report names it.
static inline void dioaudit_phase(const char *name) {
    if (dioaudit_enter_phase) dioaudit_enter_phase(name);
}

// The same for the calling thread alone, whatever phase its process is in; with a null pointer it follows its process
// again. A thread that ends in a phase of its own leaves its last page faults unknown.
static inline void dioaudit_phase_thread(const char *name) {
    if (dioaudit_enter_thread_phase) dioaudit_enter_thread_phase(name);
}

// A named region of the calling thread's work, whose events the report lists separately. They are counted and judged as
// elsewhere. Regions nest; an event belongs to the innermost. Names are compared by their first 63 bytes.
static inline void dioaudit_region_begin(const char *name) {
    if (dioaudit_enter_region) dioaudit_enter_region(name);
}

static inline void dioaudit_region_end(const char *name) {
    if (dioaudit_leave_region) dioaudit_leave_region(name);
}

// A region whose events in the steady phase are no violations. The report lists them with the reason.
static inline void dioaudit_allow_begin(const char *reason) {
    if (dioaudit_enter_allowed) dioaudit_enter_allowed(reason);
}

static inline void dioaudit_allow_end(const char *reason) {
    if (dioaudit_leave_allowed) dioaudit_leave_allowed(reason);
}

// Assertions in tests, for which libdioaudit_test must be linked (pkg-config dioaudit_test):
//
//     DIOAUDIT_EXPECT_NONE { ring_push(&ring, &item); }                runs once to warm up, and is then judged
//     DIOAUDIT_EXPECT_NONE_AFTER(10) { ring_push(&ring, &item); }      the same after 10 runs
//
// What the calling thread allocates there is a failure, and so is a block of which that could not be observed, or that was left (by
// break, by return or an exception) before it was judged. One that a jump (longjmp), pthread_exit or exit left is judged by nobody: it
// is told at the end of the block around it, or else when the program exits, which it then does by abort(3).
#define DIOAUDIT_EXPECT_NONE DIOAUDIT_EXPECT_NONE_AFTER(1)
#define DIOAUDIT_EXPECT_NONE_AFTER(warmup) DIOAUDIT_EXPECT_NONE_WITH(DIOAUDIT_FAULTS_IF_LOCKED, warmup)
#define DIOAUDIT_EXPECT_NONE_WITH(faults, warmup) DIOAUDIT_EXPECT_AT(faults, warmup, __LINE__)
#define DIOAUDIT_EXPECT_AT(faults, warmup, line) DIOAUDIT_EXPECT_AS(faults, warmup, line)
#define DIOAUDIT_EXPECT_AS(faults, warmup, line)                                                                  \
    for (struct dioaudit_expectation dioaudit_expects_##line __attribute__((cleanup(dioaudit_expectation_end))) = \
             dioaudit_expectation_begin(__FILE__, line, warmup, faults);                                          \
         dioaudit_expectation_runs(&dioaudit_expects_##line);)

// Whether the thread's page faults are failures, too. If they are not judged they are not counted.
enum dioaudit_judged_faults {
    DIOAUDIT_FAULTS_IF_LOCKED,  // while the process is locked by mlockall(MCL_FUTURE): then nothing but a mapping should fault
    DIOAUDIT_FAULTS_FORBIDDEN,  // always
    DIOAUDIT_FAULTS_ALLOWED     // never
};

// The calls of one kind (a key of the report's, such as "malloc") that the calling thread made in the last such block that was judged;
// -1 if there was none, or if that was not observed there ("pageFaultMinor" and "pageFaultMajor", where they are not judged). Null: of
// all that are failures.
// "threads": those that it started, whose calls are in none of these.
long dioaudit_counts(const char *kind);

// What is done at a failure, instead of printing the message on standard error and calling abort(3). It must return.
void dioaudit_on_failure(void (*handler)(const char *file, int line, const char *message));

struct dioaudit_expectation {
    struct dioaudit_assertion *assertion;
    const char *obstacle;
    const char *file;
    int line;
    int runs_left;
    int is_judged;
    unsigned around;
};

struct dioaudit_expectation dioaudit_expectation_begin(const char *file, int line, int warmup, enum dioaudit_judged_faults faults);
int dioaudit_expectation_runs(struct dioaudit_expectation *expectation);
void dioaudit_expectation_end(struct dioaudit_expectation *expectation);

#ifdef __cplusplus
}
#endif

#endif
