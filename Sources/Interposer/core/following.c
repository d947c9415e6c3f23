#include "following.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "ledger_abi.h"
#include "../rules.h"

enum { LONGEST = 4096 };  // PATH_MAX

static const char preload_name[] = "LD_PRELOAD=", ledger_name[] = DIOAUDIT_LEDGER_ENVIRONMENT "=";
static const char library[] = "libdioaudit_preload.so";

static char interposer[LONGEST];   // its path, as LD_PRELOAD had it
static char ledger_variable[128];  // NAME=path

static const char *value_of(const char *entry, const char *name) {
    size_t length = strlen(name);
    return strncmp(entry, name, length) == 0 ? entry + length : NULL;
}

static void copy(char *to, size_t room, const char *from, size_t length) {
    if (length >= room) length = 0;  // what does not fit is not gone along with: the host misses the image then
    memcpy(to, from, length);
    to[length] = 0;
}

void following_begin(const char *ledger_path) {
    for (char **entry = environ; *entry; entry++) {
        const char *list = value_of(*entry, preload_name);
        if (!list) continue;
        const char *ours = strstr(list, library);
        if (!ours) return;
        while (ours > list && ours[-1] != ':' && ours[-1] != ' ') ours--;
        copy(interposer, sizeof(interposer), ours, strcspn(ours, ": "));
    }
    if (strlen(ledger_path) + sizeof(ledger_name) >= sizeof(ledger_variable)) return;
    strcpy(ledger_variable, ledger_name);
    strcat(ledger_variable, ledger_path);
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
    while (environment && environment[count]) count++;
    return count + 3;
}

size_t following_text(char *const *environment) {
    const char *list = find(environment, preload_name);
    return sizeof(preload_name) + strlen(interposer) + 1 + (list ? strlen(list) : 0);
}

char *const *following_environment(char *const *environment, char **entries, char *text) {
    const char *list = find(environment, preload_name);
    bool preloads = list && strstr(list, library), reports = find(environment, ledger_name) != NULL;
    if (!ledger_variable[0] || !interposer[0] || (preloads && reports)) return environment;
    size_t count = 0;
    for (; environment && *environment; environment++)
        if (preloads || !value_of(*environment, preload_name)) entries[count++] = *environment;
    if (!preloads) {
        strcpy(text, preload_name);
        strcat(text, interposer);
        if (list && *list) strcat(strcat(text, ":"), list);
        entries[count++] = text;
    }
    if (!reports) entries[count++] = ledger_variable;
    entries[count] = NULL;
    return entries;
}
