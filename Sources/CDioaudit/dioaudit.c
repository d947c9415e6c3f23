// The header holds all; SwiftPM wants a file to compile.
#include "dioaudit.h"
