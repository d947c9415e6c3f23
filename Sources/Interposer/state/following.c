#include "following.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "ledger_abi.h"
#include "../base/system.h"
#include "ledger_socket.h"
#include "../rules.h"

enum { LONGEST = 4096 };  // PATH_MAX
enum { DIGITS = 4 };      // at the end of the variable, see ledger_abi.h

static const char preload_name[] = "LD_PRELOAD=", ledger_name[] = DIOAUDIT_LEDGER_ENVIRONMENT "=";
static const char mark[] = "DIOAUDIT_FOLLOWS=";  // marks an environment to which both were added
static const char library[] = "libdioaudit_preload.so";

static char interposer[LONGEST];   // its path, as LD_PRELOAD had it
static char own_variable[128];  // NAME=path

static const char *value_of(const char *entry, const char *name) {
    size_t length = strlen(name);
    return strncmp(entry, name, length) == 0 ? entry + length : NULL;
}

static void copy(char *to, size_t room, const char *from, size_t length) {
    if (length >= room) length = 0;  // too long: the variable is not passed on, and the host reports the image as missing
    memcpy(to, from, length);
    to[length] = 0;
}

// Removes an entry from the environment, in the program's own array, before the program reads it.
static void take_out(char **entry) {
    do entry[0] = entry[1];
    while (*entry++);
}

// TRAP: `env -i env` must print nothing. So the added entries are removed again, and the program sees the environment that it
// was given. Fixture: Tests/behaviour/errors.cases
static void hide(void) {
    bool followed = false;
    for (char **entry = environ; *entry;) {
        bool is_mark = value_of(*entry, mark) != NULL;
        followed |= is_mark;
        if (is_mark) take_out(entry);
        else entry++;
    }
    for (char **entry = environ; followed && *entry;) {
        char *list = (char *)(uintptr_t)value_of(*entry, preload_name);
        char *others = list ? strchr(list, ':') : NULL;
        if (others) memmove(list, others + 1, strlen(others));
        if (value_of(*entry, ledger_name) || (list && !others)) take_out(entry);
        else entry++;
    }
}

void following_begin(const char *value) {
    for (char **entry = environ; *entry; entry++) {
        const char *list = value_of(*entry, preload_name);
        if (!list) continue;
        const char *ours = strstr(list, library);
        if (!ours) return;
        while (ours > list && ours[-1] != ':' && ours[-1] != ' ') ours--;
        copy(interposer, sizeof(interposer), ours, strcspn(ours, ": "));
    }
    if (strlen(value) + sizeof(ledger_name) >= sizeof(own_variable)) return;
    strcpy(own_variable, ledger_name);
    strcat(own_variable, value);
    hide();
}

// TRAP: a wrong pointer must reach the kernel, which refuses it (EFAULT). Fixture: Tests/behaviour/errno.cases
static bool is_sound(char *const *environment) {
    for (char *const *entry = environment; entry; entry++) {
        if (!system_can_read((uintptr_t)entry)) return false;
        if (!*entry) return true;
        const char *text = *entry;
        do {
            if (!system_can_read((uintptr_t)text)) return false;
            const char *page_end = (const char *)(((uintptr_t)text | (DIOAUDIT_PAGE - 1)) + 1);
            text = memchr(text, 0, (size_t)(page_end - text)) ? NULL : page_end;
        } while (text);
    }
    return true;  // there is no environment
}

static const char *find(char *const *environment, const char *name) {
    for (; environment && *environment; environment++) {
        const char *value = value_of(*environment, name);
        if (value) return value;
    }
    return NULL;
}

size_t following_entries(char *const *environment) {
    size_t count = 0;
    if (!is_sound(environment)) return 1;
    while (environment && environment[count]) count++;
    return count + 4;
}

size_t following_text(char *const *environment) {
    if (!is_sound(environment)) return 1;
    const char *list = find(environment, preload_name);
    return sizeof(preload_name) + strlen(interposer) + 1 + (list ? strlen(list) : 0);
}

// In another root directory, or without the rights, ld.so would print an error on the program's standard error.
bool following_is_possible(void) {
    return SYSTEM(SYS_faccessat, AT_FDCWD, interposer, R_OK) == 0;
}

// Writes LD_PRELOAD with the value `list`, without our library.
static void put_others(char *text, const char *list) {
    const char *ours = strstr(list, interposer);
    size_t before = ours ? (size_t)(ours - list) : strlen(list);
    strcpy(text, preload_name);
    strncat(text, list, before);
    if (ours) strcat(text, ours + strlen(interposer));
}

static char *kept_digits(void) {
    size_t length = strlen(own_variable);
    char *digits = own_variable + length - DIGITS;
    return length > sizeof(ledger_name) + DIGITS && digits[-1] == ',' ? digits : NULL;
}

// Where a new program is to ask from in another network namespace (ledger_socket.h).
static void name_kept_socket(void) {
    char *digits = kept_digits();
    unsigned number = (unsigned)ledger_socket_kept();
    for (int i = DIGITS; digits && i-- > 0; number /= 10) digits[i] = (char)('0' + number % 10);
}

// Our ledger, but the environment was made before the socket was.
static bool is_ours_without_socket(const char *value) {
    const char *ours = own_variable + sizeof(ledger_name) - 1;
    return kept_digits() && strlen(value) == strlen(ours) && strncmp(value, ours, strlen(ours) - DIGITS) == 0 &&
           strcmp(value, ours) != 0;
}

static char *const *environment_without_us(char *const *environment, char **entries, char *text) {
    size_t count = 0;
    for (; environment && *environment; environment++) {
        const char *list = value_of(*environment, preload_name);
        if (list) put_others(text, list);
        entries[count++] = list ? text : *environment;
    }
    entries[count] = NULL;
    return entries;
}

// LD_PRELOAD with our library before the others.
static char *put_all(char *text, const char *list) {
    strcpy(text, preload_name);
    strcat(text, interposer);
    if (list && *list) strcat(strcat(text, ":"), list);
    return text;
}

char *const *following_environment(char *const *environment, char **entries, char *text) {
    if (!own_variable[0] || !interposer[0] || !is_sound(environment)) return environment;
    const char *list = find(environment, preload_name);
    bool preloads = list && strstr(list, library);
    if (!following_is_possible()) return preloads ? environment_without_us(environment, entries, text) : environment;
    name_kept_socket();
    // With the library, another ledger is that of another dioaudit, which runs inside this one. Without it, it is a stale one.
    const char *reported = preloads ? find(environment, ledger_name) : NULL;
    if (reported && !is_ours_without_socket(reported)) return environment;
    size_t count = 0;
    for (; environment && *environment; environment++) {
        const char *others = preloads ? NULL : value_of(*environment, preload_name);
        if (others) entries[count++] = put_all(text, others);
        else if (!value_of(*environment, ledger_name)) entries[count++] = *environment;
    }
    if (!list) entries[count++] = put_all(text, NULL);
    entries[count++] = own_variable;
    if (!preloads) entries[count++] = (char *)(uintptr_t)mark;
    entries[count] = NULL;
    return entries;
}
