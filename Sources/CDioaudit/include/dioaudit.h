// Markers, by which a program names its phases and regions for dioaudit. Header-only: nothing needs to be linked, and without
// dioaudit each call is a test of a null pointer. C99 and C++.
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

#ifdef __cplusplus
}
#endif

#endif
