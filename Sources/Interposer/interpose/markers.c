// dioaudit.h's weak symbols, defined.
#include <errno.h>

#include "../life/attach.h"
#include "../phases/phases.h"
#include "../phases/regions.h"
#include "../state/identity.h"
#include "../rules.h"

// A marker leaves errno alone, and does nothing in a process that is not under audit, nor in a child that shares its memory.
#define MARKER(name, parameters, action)                        \
    INTERPOSED void name parameters {                           \
        int saved = errno;                                      \
        if (is_attached() && process_is_ours()) action;         \
        errno = saved;                                          \
    }
MARKER(dioaudit_enter_phase, (const char *phase), phases_marker(phase))
MARKER(dioaudit_enter_thread_phase, (const char *phase), phases_thread_marker(phase))
MARKER(dioaudit_enter_region, (const char *region), regions_begin(region, false))
MARKER(dioaudit_leave_region, (const char *region), regions_end(region, false))
MARKER(dioaudit_enter_allowed, (const char *reason), regions_begin(reason, true))
MARKER(dioaudit_leave_allowed, (const char *reason), regions_end(reason, true))
#undef MARKER
