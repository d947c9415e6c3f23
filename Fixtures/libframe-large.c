#define ROOM 9000
#include "frame.h"
