// A pattern for names: `*` is any text, `?` any one character, and `\\` takes its meaning from the next one. Characters are
// Unicode's scalars in UTF-8; bytes that are none are read as U+FFFD, as many times as a decoder puts it in their place. So
// AuditCore/Glob.swift means it too, and the two are tested on one table, Tests/globs.txt.
#ifndef DIOAUDIT_GLOB_H
#define DIOAUDIT_GLOB_H

#include <stdbool.h>

// Whether all of the text fits. fnmatch(3) may allocate, and asks for the locale.
bool glob_matches(const char *pattern, const char *text);

#endif
