// What was taken past the interposed functions stays taken: no assertion can count from then on.
#include "../life/bypasses.h"

#include <string.h>

#include "bypass.h"
#include "../rules.h"

static const char *way;
static char words[96];

static void note(const char *how) {
    const char *none = NULL;
    __atomic_compare_exchange_n(&way, &none, how, false, __ATOMIC_RELEASE, __ATOMIC_RELAXED);
}

const char *bypass_taken(void) {
    return __atomic_load_n(&way, __ATOMIC_ACQUIRE);
}

void bypasses_note_binding(void) {
    note("a library was loaded with RTLD_DEEPBIND, whose calls of libc are not counted");
}

void bypasses_note_namespace(void) {
    note("dlmopen made a namespace, whose calls of libc are not counted");
}

// Two threads may write them at a time, and leave one name or the other, or of each a part.
void bypasses_note_lookup(const char *name) {
    if (bypass_taken()) return;
    strcpy(words, "libc's ");
    strncat(words, name, 32);
    strcat(words, " was looked up (dlsym), whose calls are not counted");
    note(words);
}
