// Link: -L.build/fixtures -l:liboracle '-Wl,-rpath,$ORIGIN' -fuse-ld=lld
// As stacks-c, from a linker that writes no CFI for the PLT.
#include "stacks-c.c"
