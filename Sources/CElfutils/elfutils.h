#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <gelf.h>
