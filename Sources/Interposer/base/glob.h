// A pattern for names: `*` matches any text, `?` any one character, and `\\` makes the next character stand for itself.
// Characters are Unicode scalars in UTF-8. Invalid bytes are read as U+FFFD, as often as a decoder substitutes it.
// AuditCore/Glob.swift does the same; both are tested on one table, Tests/globs.txt.
#ifndef DIOAUDIT_GLOB_H
#define DIOAUDIT_GLOB_H

#include <stdbool.h>

// Whether the whole text matches. Not fnmatch(3), which may allocate and depends on the locale.
bool glob_matches(const char *pattern, const char *text);

#endif
