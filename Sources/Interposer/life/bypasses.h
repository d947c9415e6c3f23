// Ways past the interposed functions, which the program takes: who counts here, or in a test (assertions/bypasses.c), gives no pass then.
#ifndef DIOAUDIT_BYPASSES_H
#define DIOAUDIT_BYPASSES_H

// dlopen with RTLD_DEEPBIND, and dlmopen for a namespace of its own.
void bypasses_note_binding(void);
void bypasses_note_namespace(void);

// A lookup of a function past ours.
void bypasses_note_lookup(const char *name);

#endif
