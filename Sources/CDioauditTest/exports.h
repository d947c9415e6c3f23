// Included before each file of libdioaudit_test, whose other names are hidden: what dioaudit.h declares for programs.
#pragma GCC visibility push(default)
#include "dioaudit.h"
#pragma GCC visibility pop
