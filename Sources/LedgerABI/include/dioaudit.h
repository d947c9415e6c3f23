// Markers: tell dioaudit where your program's phases begin. Header-only; without dioaudit each call is a test of
// a null pointer. C99 and C++.
#ifndef DIOAUDIT_H
#define DIOAUDIT_H

#ifdef __cplusplus
extern "C" {
#endif

// Defined by libdioaudit_preload.so when it is loaded, else null.
__attribute__((weak)) void dioaudit_enter_phase(const char *name);

// Enters a phase of this process: "setup", "warmup", "steady" or "teardown". The first call ends automatic
// phases for the process. An unknown name is ignored and said in the report.
static inline void dioaudit_phase(const char *name) {
    if (dioaudit_enter_phase) dioaudit_enter_phase(name);
}

#ifdef __cplusplus
}
#endif

#endif
