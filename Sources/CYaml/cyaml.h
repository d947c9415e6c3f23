// libyaml, linked statically: it is 180 KB, and the installed tool then needs no library more.
#include <yaml.h>
